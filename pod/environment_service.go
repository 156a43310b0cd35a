package pod

import (
	"strconv"
	"strings"
)

// Service is what a pod's variables tell of a service.
// See https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables.
type Service struct {
	Namespace string
	Name      string
	// ClusterIP is empty or None where the service has no address, and then no variable tells of it.
	ClusterIP string
	Ports     []ServicePort
}

// ServicePort is one port of a service.
type ServicePort struct {
	// Name may be empty.
	Name string
	// Protocol is TCP where it is empty.
	Protocol Protocol
	Port     int32
}

// apiService is the service that every pod is told of, in the namespace default.
const apiService = "kubernetes"

// serviceVariables are the variables that tell a pod of the services it may want: those of its namespace, if it wants
// links, and the API server.
func serviceVariables(services []Service, namespace string, links bool) map[string]string {
	vars := map[string]string{}
	own := map[string]bool{}
	for i := range services {
		if s := &services[i]; s.hasIP() && links && s.Namespace == namespace {
			s.addVariables(vars)
			own[s.Name] = true
		}
	}
	for i := range services {
		if s := &services[i]; s.hasIP() && s.Namespace == NamespaceDefault && s.Name == apiService && !own[apiService] {
			s.addVariables(vars)
		}
	}
	return vars
}

func (s *Service) hasIP() bool { return s.ClusterIP != "" && s.ClusterIP != "None" }

func (s *Service) addVariables(vars map[string]string) {
	prefix := variableName(s.Name)
	vars[prefix+"_SERVICE_HOST"] = s.ClusterIP
	for i, p := range s.Ports {
		port := strconv.Itoa(int(p.Port))
		protocol := string(p.Protocol)
		if protocol == "" {
			protocol = string(ProtocolTCP)
		}
		small := strings.ToLower(protocol)
		url := small + "://" + joinHostPort(s.ClusterIP, port)
		link := prefix + "_PORT_" + port + "_" + strings.ToUpper(protocol)
		if i == 0 {
			vars[prefix+"_SERVICE_PORT"] = port
			vars[prefix+"_PORT"] = url
		}
		if p.Name != "" {
			vars[prefix+"_SERVICE_PORT_"+variableName(p.Name)] = port
		}
		vars[link] = url
		vars[link+"_PROTO"] = small
		vars[link+"_PORT"] = port
		vars[link+"_ADDR"] = s.ClusterIP
	}
}

func variableName(s string) string {
	return strings.ToUpper(strings.ReplaceAll(s, "-", "_"))
}

func joinHostPort(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}
