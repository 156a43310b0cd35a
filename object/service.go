package object

import "github.com/podlife/podlife/pod"

// Service TODO
type Service struct {
	pod.TypeMeta   `json:",inline"`
	pod.ObjectMeta `json:"metadata,omitempty"`
	Spec           ServiceSpec   `json:"spec,omitempty"`
	Status         ServiceStatus `json:"status,omitempty"`
}

// ServiceSpec TODO
type ServiceSpec struct {
	Ports                         []ServicePort                 `json:"ports,omitempty"`
	Selector                      map[string]string             `json:"selector,omitempty"`
	ClusterIP                     string                        `json:"clusterIP,omitempty"`
	ClusterIPs                    []string                      `json:"clusterIPs,omitempty"`
	Type                          ServiceType                   `json:"type,omitempty"`
	ExternalIPs                   []string                      `json:"externalIPs,omitempty"`
	SessionAffinity               ServiceAffinity               `json:"sessionAffinity,omitempty"`
	LoadBalancerIP                string                        `json:"loadBalancerIP,omitempty"`
	LoadBalancerSourceRanges      []string                      `json:"loadBalancerSourceRanges,omitempty"`
	ExternalName                  string                        `json:"externalName,omitempty"`
	ExternalTrafficPolicy         ServiceExternalTrafficPolicy  `json:"externalTrafficPolicy,omitempty"`
	HealthCheckNodePort           int32                         `json:"healthCheckNodePort,omitempty"`
	PublishNotReadyAddresses      bool                          `json:"publishNotReadyAddresses,omitempty"`
	SessionAffinityConfig         *SessionAffinityConfig        `json:"sessionAffinityConfig,omitempty"`
	IPFamilies                    []IPFamily                    `json:"ipFamilies,omitempty"`
	IPFamilyPolicy                *IPFamilyPolicy               `json:"ipFamilyPolicy,omitempty"`
	AllocateLoadBalancerNodePorts *bool                         `json:"allocateLoadBalancerNodePorts,omitempty"`
	LoadBalancerClass             *string                       `json:"loadBalancerClass,omitempty"`
	InternalTrafficPolicy         *ServiceInternalTrafficPolicy `json:"internalTrafficPolicy,omitempty"`
	TrafficDistribution           *string                       `json:"trafficDistribution,omitempty"`
}

// ServicePort TODO
type ServicePort struct {
	Name        string          `json:"name,omitempty"`
	Protocol    pod.Protocol    `json:"protocol,omitempty"`
	AppProtocol *string         `json:"appProtocol,omitempty"`
	Port        int32           `json:"port"`
	TargetPort  pod.IntOrString `json:"targetPort,omitempty"`
	NodePort    int32           `json:"nodePort,omitempty"`
}

// ServiceStatus TODO
type ServiceStatus struct {
	LoadBalancer LoadBalancerStatus `json:"loadBalancer,omitempty"`
	Conditions   []Condition        `json:"conditions,omitempty"`
}

// SessionAffinityConfig TODO
type SessionAffinityConfig struct {
	ClientIP *ClientIPConfig `json:"clientIP,omitempty"`
}

// LoadBalancerStatus TODO
type LoadBalancerStatus struct {
	Ingress []LoadBalancerIngress `json:"ingress,omitempty"`
}

// ClientIPConfig TODO
type ClientIPConfig struct {
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
}

// LoadBalancerIngress TODO
type LoadBalancerIngress struct {
	IP       string              `json:"ip,omitempty"`
	Hostname string              `json:"hostname,omitempty"`
	IPMode   *LoadBalancerIPMode `json:"ipMode,omitempty"`
	Ports    []PortStatus        `json:"ports,omitempty"`
}

// PortStatus TODO
type PortStatus struct {
	Port     int32        `json:"port"`
	Protocol pod.Protocol `json:"protocol"`
	Error    *string      `json:"error,omitempty"`
}

// IPFamily TODO
type IPFamily string

// IPFamilyPolicy TODO
type IPFamilyPolicy string

// LoadBalancerIPMode TODO
type LoadBalancerIPMode string

// ServiceAffinity TODO
type ServiceAffinity string

// ServiceExternalTrafficPolicy TODO
type ServiceExternalTrafficPolicy string

// ServiceInternalTrafficPolicy TODO
type ServiceInternalTrafficPolicy string

// ServiceType TODO
type ServiceType string
