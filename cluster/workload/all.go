package workload

import "github.com/podlife/podlife/cluster/controller"

// All are the controllers of this package, in the order in which they are to be asked when several have something to do.
func All() []controller.Controller {
	return []controller.Controller{
		Deployment{},
		ReplicaSet{},
		StatefulSet{},
		DaemonSet{},
		CronJob{},
		Job{},
		StrayJobPods{},
		TTLAfterFinished{},
	}
}
