package scheduling

// Plugin is one rule of scheduling, by the name it has in Kubernetes.
// See https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins.
type Plugin string

// The plugins of the default profile that have a rule here. Those from NodeName to NodeDeclaredFeatures reject nodes, in this
// order; what each looks at is said in the file of its name.
const (
	SchedulingGates                 Plugin = "SchedulingGates"
	NodeName                        Plugin = "NodeName"
	NodeUnschedulable               Plugin = "NodeUnschedulable"
	TaintToleration                 Plugin = "TaintToleration"
	NodeAffinity                    Plugin = "NodeAffinity"
	NodePorts                       Plugin = "NodePorts"
	NodeResourcesFit                Plugin = "NodeResourcesFit"
	VolumeRestrictions              Plugin = "VolumeRestrictions"
	NodeVolumeLimits                Plugin = "NodeVolumeLimits"
	VolumeBinding                   Plugin = "VolumeBinding"
	VolumeZone                      Plugin = "VolumeZone"
	PodTopologySpread               Plugin = "PodTopologySpread"
	InterPodAffinity                Plugin = "InterPodAffinity"
	NodeDeclaredFeatures            Plugin = "NodeDeclaredFeatures"
	NodeResourcesBalancedAllocation Plugin = "NodeResourcesBalancedAllocation"
	ImageLocality                   Plugin = "ImageLocality"
)

// Code says whether evicting pods could make room.
type Code string

const (
	// Unschedulable could be resolved by preemption.
	Unschedulable Code = "Unschedulable"
	// UnschedulableAndUnresolvable could not.
	UnschedulableAndUnresolvable Code = "UnschedulableAndUnresolvable"
)

// Rejection is why a plugin rejects a pod.
type Rejection struct {
	// Plugin is empty where several leave no node together.
	Plugin Plugin
	Code   Code
	Why    []string
}

// verdict is what the plugins say to a pod on one node. The zero value is that it fits.
type verdict struct {
	by   filterer
	code resolution
	why  uint64 // one bit for each reason; which, the plugin knows
}

// filterer is a plugin that rejects nodes, in the order in which they are asked.
type filterer uint8

const (
	byNobody filterer = iota
	byNodeName
	byNodeUnschedulable
	byTaintToleration
	byNodeAffinity
	byNodePorts
	byNodeResourcesFit
	byVolumeRestrictions
	byNodeVolumeLimits
	byVolumeBinding
	byVolumeZone
	byPodTopologySpread
	byInterPodAffinity
	byNodeDeclaredFeatures
	byPreemption // that has nobody to evict
)

var filterers = [...]Plugin{
	"", NodeName, NodeUnschedulable, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit, VolumeRestrictions, NodeVolumeLimits,
	VolumeBinding, VolumeZone, PodTopologySpread, InterPodAffinity, NodeDeclaredFeatures, "",
}

// resolution says whether evicting pods could help.
type resolution uint8

const (
	resolvable resolution = iota
	unresolvable
)

func (v verdict) fits() bool { return v.by == byNobody }

// rejection words a verdict.
func (c *cycle) rejection(v verdict) Rejection {
	code := Unschedulable
	if v.code == unresolvable {
		code = UnschedulableAndUnresolvable
	}
	return Rejection{filterers[v.by], code, c.why(v)}
}

// The reasons of the plugins that have one or two, by the bit of each in a verdict.
var reasons = map[Plugin][]string{
	NodeName:          {"node(s) didn't match the requested node name"},
	NodeUnschedulable: {"node(s) were unschedulable"},
	TaintToleration:   {"node(s) had untolerated taint(s)"},
	NodeAffinity:      {"node(s) didn't match Pod's node affinity/selector"},
	NodePorts:         {"node(s) didn't have free ports for the requested pod ports"},
	VolumeRestrictions: {
		"node(s) had no available disk",
		"node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
	},
	NodeVolumeLimits: {"node(s) exceed max volume count"},
	VolumeBinding: {
		"node(s) didn't match PersistentVolume's node affinity",
		"node(s) didn't find available persistent volumes to bind",
		"node(s) did not have enough free storage",
		"node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
	},
	VolumeZone: {"node(s) had no available volume zone"},
	PodTopologySpread: {
		"node(s) didn't match pod topology spread constraints",
		"node(s) didn't match pod topology spread constraints (missing required label)",
	},
	InterPodAffinity: {
		"node(s) didn't match pod affinity rules",
		"node(s) didn't match pod anti-affinity rules",
		"node(s) didn't satisfy existing pods anti-affinity rules",
	},
	NodeDeclaredFeatures: {"node(s) didn't match Pod's required features"},
}

// why lists the reasons of a verdict.
func (c *cycle) why(v verdict) (why []string) {
	if v.by == byNodeResourcesFit {
		return c.insufficient(v.why)
	}
	for bit, name := range reasons[filterers[v.by]] {
		if v.why&(1<<bit) != 0 {
			why = append(why, name)
		}
	}
	return why
}
