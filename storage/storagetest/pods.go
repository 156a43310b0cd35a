package storagetest

import "github.com/podlife/podlife/pod"

// New returns a pod of the namespace "default" with these volumes, and one container that mounts each at /<name>.
func New(name string, uid pod.UID, volumes ...pod.Volume) *pod.Pod {
	p := &pod.Pod{
		ObjectMeta: pod.ObjectMeta{Name: name, Namespace: "default", UID: uid},
		Spec:       pod.Spec{Volumes: volumes, Containers: []pod.Container{{Name: "main"}}},
	}
	for _, v := range volumes {
		m := pod.VolumeMount{Name: v.Name, MountPath: "/" + v.Name}
		p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts, m)
	}
	return p
}

func emptyDir(name string) pod.Volume {
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{EmptyDir: new(pod.EmptyDirVolumeSource)}}
}

func configMap(name, of string) pod.Volume {
	s := &pod.ConfigMapVolumeSource{LocalObjectReference: pod.LocalObjectReference{Name: of}}
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{ConfigMap: s}}
}

func secret(name, of string) pod.Volume {
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{Secret: &pod.SecretVolumeSource{SecretName: of}}}
}

func downward(name string) pod.Volume {
	s := &pod.DownwardAPIVolumeSource{Items: []pod.DownwardAPIVolumeFile{
		{Path: "me/name", FieldRef: &pod.ObjectFieldSelector{FieldPath: "metadata.name"}},
	}}
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{DownwardAPI: s}}
}

func projected(name, configMap, secret string) pod.Volume {
	s := &pod.ProjectedVolumeSource{Sources: []pod.VolumeProjection{
		{ConfigMap: &pod.ConfigMapProjection{LocalObjectReference: pod.LocalObjectReference{Name: configMap}}},
		{Secret: &pod.SecretProjection{
			LocalObjectReference: pod.LocalObjectReference{Name: secret},
			Items:                []pod.KeyToPath{{Key: "password", Path: "private/password"}},
		}},
	}}
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{Projected: s}}
}

func claim(name, of string) pod.Volume {
	s := &pod.PersistentVolumeClaimVolumeSource{ClaimName: of}
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{PersistentVolumeClaim: s}}
}

func ephemeral(name string) pod.Volume {
	s := &pod.EphemeralVolumeSource{VolumeClaimTemplate: new(pod.PersistentVolumeClaimTemplate)}
	return pod.Volume{Name: name, VolumeSource: pod.VolumeSource{Ephemeral: s}}
}

// settings is the Sources of most checks.
func settings(value string) Sources {
	return Sources{
		ConfigMaps: map[string]pod.ConfigMap{"settings": {
			Data:       map[string]string{"app.conf": value, "other.conf": "other " + value},
			BinaryData: map[string][]byte{"blob": {0, 1, 2}},
		}},
		Secrets: map[string]pod.Secret{"login": {Data: map[string][]byte{"password": []byte("s3cret")}}},
	}
}
