package scheduling

import "strings"

// Images that are smaller than the first of these together do not count; a container's image of the second or more counts
// in full.
const (
	smallImages = 23 * 1024 * 1024
	largeImage  = 1000 * 1024 * 1024
)

// imageCopies is how many nodes have an image of some name, by the size that they report. Kubernetes takes the size that
// it was told first; so that the order does not matter, here it is the one that most nodes report, and of several the largest.
type imageCopies struct {
	nodes int
	sizes map[int64]int
}

func (s *Snapshot) enterImages(n *node) {
	n.images = nil
	for i := range n.object.Status.Images {
		image := &n.object.Status.Images[i]
		for _, name := range image.Names {
			if _, twice := n.images[name]; twice {
				continue
			}
			put(&n.images, name, image.SizeBytes)
			if s.images[name] == nil {
				put(&s.images, name, &imageCopies{sizes: map[int64]int{}})
			}
			s.images[name].nodes++
			s.images[name].sizes[image.SizeBytes]++
		}
	}
}

func (s *Snapshot) leaveImages(n *node) {
	for name, size := range n.images {
		copies := s.images[name]
		if copies.sizes[size]--; copies.sizes[size] == 0 {
			delete(copies.sizes, size)
		}
		if copies.nodes--; copies.nodes == 0 {
			delete(s.images, name)
		}
	}
	n.images = nil
}

// size is what an image of the name takes for, in bytes.
func (c *imageCopies) size() (size int64) {
	most := 0
	for s, nodes := range c.sizes {
		if nodes > most || nodes == most && s > size {
			size, most = s, nodes
		}
	}
	return size
}

// podImage is an image of the pod that some node has, and what it adds to the score of a node that has it.
type podImage struct {
	name  string
	worth int64
}

// prepareImages lists the images of the pod, those of init containers and of volumes among them, that some node has.
func (c *cycle) prepareImages() {
	c.images, c.imageCount = c.images[:0], 0
	take := func(name string) {
		c.imageCount++
		name = withTag(name)
		if copies := c.s.images[name]; copies != nil {
			worth := int64(float64(copies.size()) * (float64(copies.nodes) / float64(c.s.live)))
			c.images = append(c.images, podImage{name, worth})
		}
	}
	s := &c.pod.Spec
	for i := range s.InitContainers {
		take(s.InitContainers[i].Image)
	}
	for i := range s.Containers {
		take(s.Containers[i].Image)
	}
	for i := range s.Volumes {
		if image := s.Volumes[i].Image; image != nil {
			take(image.Reference)
		}
	}
}

// withTag is the image's name with the tag latest where it has none.
func withTag(name string) string {
	if strings.LastIndex(name, ":") <= strings.LastIndex(name, "/") {
		return name + ":latest"
	}
	return name
}

// scoreImageLocality prefers nodes that have the images already. An image counts the more, the more nodes have it, so that
// one node is not flooded.
func (c *cycle) scoreImageLocality(scores []int64) {
	most := int64(largeImage * c.imageCount)
	for i := range c.feasible {
		var sum int64
		for _, image := range c.images {
			if _, ok := c.node(i).images[image.name]; ok {
				sum += image.worth
			}
		}
		sum = min(max(sum, smallImages), most)
		scores[i] = maxScore * (sum - smallImages) / (most - smallImages)
	}
}
