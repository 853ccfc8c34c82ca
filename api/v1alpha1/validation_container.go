package v1alpha1

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containersSeen is what the containers of one pod must not use twice, and the volumes they may mount.
type containersSeen struct {
	volumes, names, hostPorts sets.Set[string]
}

func (s *containersSeen) validate(container *corev1.Container, path *field.Path) field.ErrorList {
	errs := uniqueLabel(container.Name, s.names, path.Child("name"))
	switch image := path.Child("image"); {
	case container.Image == "":
		errs = append(errs, field.Required(image, "name the image to run"))
	case strings.TrimSpace(container.Image) != container.Image:
		errs = append(errs, field.Invalid(image, container.Image, "must not have leading or trailing whitespace"))
	}
	switch policy := container.ImagePullPolicy; policy {
	case "", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever:
	default:
		errs = append(errs, field.NotSupported(path.Child("imagePullPolicy"), policy,
			[]corev1.PullPolicy{corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever}))
	}
	errs = append(errs, s.validatePorts(container.Ports, path.Child("ports"))...)
	errs = append(errs, validateEnv(container.Env, path.Child("env"))...)
	errs = append(errs, s.validateMounts(container, path)...)
	return append(errs, validateResources(&container.Resources, path.Child("resources"))...)
}

func (s *containersSeen) validatePorts(ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, port := range ports {
		at := path.Index(i)
		if port.Name != "" {
			errs = append(errs, invalid(at.Child("name"), port.Name, validation.IsValidPortName(port.Name))...)
			if names.Has(port.Name) {
				errs = append(errs, field.Duplicate(at.Child("name"), port.Name))
			}
			names.Insert(port.Name)
		}
		errs = append(errs, invalid(at.Child("containerPort"), port.ContainerPort, validation.IsValidPortNum(int(port.ContainerPort)))...)
		switch port.Protocol {
		case "", corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
		default:
			errs = append(errs, field.NotSupported(at.Child("protocol"), port.Protocol,
				[]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}))
		}
		errs = append(errs, s.validateHostPort(&port, at.Child("hostPort"))...)
	}
	return errs
}

func (s *containersSeen) validateHostPort(port *corev1.ContainerPort, path *field.Path) field.ErrorList {
	if port.HostPort == 0 {
		return nil
	}
	protocol := port.Protocol
	if protocol == "" {
		protocol = corev1.ProtocolTCP
	}
	taken := fmt.Sprintf("%s/%s/%d", protocol, port.HostIP, port.HostPort)
	if s.hostPorts.Has(taken) {
		return field.ErrorList{field.Duplicate(path, taken)}
	}
	s.hostPorts.Insert(taken)
	return invalid(path, port.HostPort, validation.IsValidPortNum(int(port.HostPort)))
}

// validateEnv leaves the spelling of names to the API server: how strict it is depends on its version.
func validateEnv(env []corev1.EnvVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, variable := range env {
		at := path.Index(i)
		if variable.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), "give it a name"))
		}
		if variable.Value != "" && variable.ValueFrom != nil {
			errs = append(errs, field.Invalid(at.Child("valueFrom"), variable.Name, "may not be specified when `value` is not empty"))
		}
	}
	return errs
}

func (s *containersSeen) validateMounts(container *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	paths := sets.New[string]()
	for i, mount := range container.VolumeMounts {
		at := path.Child("volumeMounts").Index(i)
		if !s.volumes.Has(mount.Name) {
			errs = append(errs, field.NotFound(at.Child("name"), mount.Name))
		}
		if mount.MountPath == "" {
			errs = append(errs, field.Required(at.Child("mountPath"), "say where to mount it"))
		}
		if paths.Has(mount.MountPath) {
			errs = append(errs, field.Invalid(at.Child("mountPath"), mount.MountPath, "must be unique"))
		}
		paths.Insert(mount.MountPath)
	}
	for i, device := range container.VolumeDevices {
		if !s.volumes.Has(device.Name) {
			errs = append(errs, field.NotFound(path.Child("volumeDevices").Index(i).Child("name"), device.Name))
		}
	}
	return errs
}

func validateResources(resources *corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	errs := append(notNegativeQuantities(resources.Limits, path.Child("limits")),
		notNegativeQuantities(resources.Requests, path.Child("requests"))...)
	for _, name := range slices.Sorted(maps.Keys(resources.Requests)) {
		request := resources.Requests[name]
		if limit, limited := resources.Limits[name]; limited && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(),
				fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
		}
	}
	return errs
}

func notNegativeQuantities(list corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if quantity := list[name]; quantity.Sign() < 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), quantity.String(), "must be greater than or equal to 0"))
		}
	}
	return errs
}

func validateProbes(container *corev1.Container, path *field.Path) field.ErrorList {
	errs := validateProbe(container.LivenessProbe, path.Child("livenessProbe"))
	errs = append(errs, validateProbe(container.ReadinessProbe, path.Child("readinessProbe"))...)
	errs = append(errs, validateProbe(container.StartupProbe, path.Child("startupProbe"))...)
	for name, probe := range map[string]*corev1.Probe{"livenessProbe": container.LivenessProbe, "startupProbe": container.StartupProbe} {
		if probe != nil && probe.SuccessThreshold > 1 {
			errs = append(errs, field.Invalid(path.Child(name, "successThreshold"), probe.SuccessThreshold, "must be 1"))
		}
	}
	if probe := container.ReadinessProbe; probe != nil && probe.TerminationGracePeriodSeconds != nil {
		errs = append(errs, field.Invalid(path.Child("readinessProbe", "terminationGracePeriodSeconds"),
			*probe.TerminationGracePeriodSeconds, "must not be set for readinessProbes"))
	}
	slices.SortStableFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return errs
}

func validateProbe(probe *corev1.Probe, path *field.Path) field.ErrorList {
	if probe == nil {
		return nil
	}
	var errs field.ErrorList
	for _, n := range []struct {
		name  string
		value int32
	}{
		{"initialDelaySeconds", probe.InitialDelaySeconds},
		{"timeoutSeconds", probe.TimeoutSeconds},
		{"periodSeconds", probe.PeriodSeconds},
		{"successThreshold", probe.SuccessThreshold},
		{"failureThreshold", probe.FailureThreshold},
	} {
		errs = append(errs, notNegative(path.Child(n.name), &n.value)...)
	}
	handlers := 0
	for _, set := range []bool{probe.Exec != nil, probe.HTTPGet != nil, probe.TCPSocket != nil, probe.GRPC != nil} {
		if set {
			handlers++
		}
	}
	switch {
	case handlers == 0:
		errs = append(errs, field.Required(path, "must specify a handler type"))
	case handlers > 1:
		errs = append(errs, field.Forbidden(path, "may not specify more than 1 handler type"))
	case probe.HTTPGet != nil:
		errs = append(errs, validatePortRef(probe.HTTPGet.Port, path.Child("httpGet", "port"))...)
	case probe.TCPSocket != nil:
		errs = append(errs, validatePortRef(probe.TCPSocket.Port, path.Child("tcpSocket", "port"))...)
	case probe.GRPC != nil:
		errs = append(errs, invalid(path.Child("grpc", "port"), probe.GRPC.Port, validation.IsValidPortNum(int(probe.GRPC.Port)))...)
	}
	return errs
}

func validatePortRef(port intstr.IntOrString, path *field.Path) field.ErrorList {
	if port.Type == intstr.Int {
		return invalid(path, port.IntVal, validation.IsValidPortNum(int(port.IntVal)))
	}
	return invalid(path, port.StrVal, validation.IsValidPortName(port.StrVal))
}
