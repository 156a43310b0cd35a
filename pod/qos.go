package pod

// QOSClass is the quality of service that follows from the requests and limits of cpu and memory: Guaranteed where
// every init and main container sets both, equal; BestEffort where none sets any; Burstable else. Where the pod
// itself sets resources, they alone decide. Nothing is defaulted here: call it after SetDefaults.
//
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/.
func (s *Spec) QOSClass() QOSClass {
	if s.hasPodLevelResources() {
		return s.Resources.qosClass()
	}
	class := QOSClass("")
	for role, c := range s.AllContainers() {
		if role == RoleEphemeral {
			break
		}
		class = commonClass(class, c.Resources.qosClass())
	}
	if class == "" {
		return QOSBestEffort
	}
	return class
}

func (s *Spec) hasPodLevelResources() bool {
	return s.Resources != nil && (s.Resources.Requests.setsPodLevel() || s.Resources.Limits.setsPodLevel())
}

// qosClass is the class of one container on its own.
func (r *ResourceRequirements) qosClass() QOSClass {
	class := QOSClass("")
	for _, name := range [...]ResourceName{ResourceCPU, ResourceMemory} {
		request, limit := r.Requests[name], r.Limits[name]
		switch {
		case !request.Equal(limit):
			return QOSBurstable
		case request.IsZero():
			class = commonClass(class, QOSBestEffort)
		default:
			class = commonClass(class, QOSGuaranteed)
		}
	}
	return class
}

// commonClass is the class of parts of two classes; a is empty for the first part.
func commonClass(a, b QOSClass) QOSClass {
	if a == "" || a == b {
		return b
	}
	return QOSBurstable
}
