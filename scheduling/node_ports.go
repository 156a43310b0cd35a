package scheduling

// filterNodePorts keeps the pod off nodes where a port that it wants of the node is taken.
func (c *cycle) filterNodePorts(n *node, o *overlay) verdict {
	if len(c.ports) == 0 {
		return verdict{}
	}
	taken := n.ports
	if o != nil {
		taken = o.ports
	}
	if anyConflict(c.ports, taken) {
		return verdict{byNodePorts, resolvable, 1}
	}
	return verdict{}
}
