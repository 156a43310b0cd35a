package scheduling

// filterNodeName lets a pod that names a node onto that node alone.
func (c *cycle) filterNodeName(n *node) verdict {
	if name := c.pod.Spec.NodeName; name != "" && name != n.name {
		return verdict{byNodeName, unresolvable, 1}
	}
	return verdict{}
}
