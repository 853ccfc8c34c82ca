#!/usr/bin/env python3
"""A second opinion on the hashes in hashes.json, which shares nothing with the Go code.

It knows the order of fields of the API types that the cases use, normalises quantities, writes the JSON by itself and
takes its FNV-1a sum. Run it to compare, or with --update to fill in the hashes of new cases. Hashes marked "seen" were
read off public clusters; they are never filled in.
"""
import json, pathlib, re, sys
from fractions import Fraction

# A field is name[kind]. Kinds: none = left out when zero; "*" = left out when absent; "+" = always there;
# "{}" = map, "{q}" = map of quantities; "[]" or "[T]" = list; "T" = left out when absent; "T+" = always there; "q" = quantity.
TYPES = {
    "Template": "metadata:Meta+ spec:Pod+",
    "Meta": "name generateName namespace labels:{} annotations:{} finalizers:[]",
    "Pod": "volumes:[Volume] initContainers:[Container] containers:[Container] restartPolicy terminationGracePeriodSeconds:* "
           "dnsPolicy nodeSelector:{} serviceAccountName serviceAccount automountServiceAccountToken:* hostNetwork "
           "shareProcessNamespace:* securityContext:PodSecurity imagePullSecrets:[Name] affinity:Affinity schedulerName "
           "tolerations:[Toleration] priorityClassName readinessGates:[Gate] enableServiceLinks:* overhead:{q} "
           "topologySpreadConstraints:[Spread]",
    "Container": "name:+ image command:[] args:[] workingDir ports:[Port] envFrom:[EnvFrom] env:[Env] resources:Resources+ "
                 "restartPolicy:* volumeMounts:[Mount] livenessProbe:Probe readinessProbe:Probe startupProbe:Probe "
                 "lifecycle:Lifecycle terminationMessagePath imagePullPolicy securityContext:Security stdin tty",
    "Port": "name hostPort containerPort:+ protocol",
    "EnvFrom": "prefix configMapRef:Key secretRef:Key",
    "Env": "name:+ value valueFrom:Source",
    "Source": "fieldRef:FieldRef resourceFieldRef:ResourceRef configMapKeyRef:Key secretKeyRef:Key",
    "FieldRef": "apiVersion fieldPath:+",
    "ResourceRef": "containerName resource:+ divisor:q+",
    "Key": "name key optional:*",
    "Name": "name",
    "Resources": "limits:{q} requests:{q}",
    "Mount": "name:+ readOnly mountPath:+ subPath",
    "Probe": "exec:Exec httpGet:Get tcpSocket:Socket grpc:Grpc initialDelaySeconds timeoutSeconds periodSeconds "
             "successThreshold failureThreshold terminationGracePeriodSeconds:*",
    "Exec": "command:[]",
    "Get": "path port:+ host scheme httpHeaders:[Header]",
    "Header": "name:+ value:+",
    "Socket": "port:+ host",
    "Grpc": "port:+ service:+",
    "Lifecycle": "postStart:Hook preStop:Hook",
    "Hook": "exec:Exec httpGet:Get tcpSocket:Socket sleep:Sleep",
    "Sleep": "seconds:+",
    "Security": "capabilities:Capabilities privileged:* runAsUser:* runAsGroup:* runAsNonRoot:* readOnlyRootFilesystem:* "
                "allowPrivilegeEscalation:* seccompProfile:Seccomp",
    "Capabilities": "add:[] drop:[]",
    "PodSecurity": "runAsUser:* runAsGroup:* runAsNonRoot:* fsGroup:* seccompProfile:Seccomp",
    "Seccomp": "type:+",
    "Volume": "name:+ hostPath:HostPath emptyDir:EmptyDir secret:Secret persistentVolumeClaim:Claim configMap:ConfigMap "
              "projected:Projected ephemeral:Ephemeral",
    "HostPath": "path:+ type:*",
    "EmptyDir": "medium sizeLimit:q",
    "Secret": "secretName items:[Item] defaultMode:* optional:*",
    "ConfigMap": "name items:[Item] defaultMode:* optional:*",
    "Item": "key:+ path:+ mode:*",
    "Claim": "claimName:+ readOnly",
    "Projected": "sources:[Projection] defaultMode:*",
    "Projection": "secret:ConfigMap configMap:ConfigMap serviceAccountToken:Token",
    "Token": "audience expirationSeconds:* path:+",
    "Ephemeral": "volumeClaimTemplate:ClaimTemplate",
    "ClaimTemplate": "metadata:Meta+ spec:ClaimSpec+",
    "ClaimSpec": "accessModes:[] resources:Resources+ storageClassName:* volumeMode:*",
    "Affinity": "podAntiAffinity:Anti",
    "Anti": "requiredDuringSchedulingIgnoredDuringExecution:[Term] preferredDuringSchedulingIgnoredDuringExecution:[Weighted]",
    "Weighted": "weight:+ podAffinityTerm:Term+",
    "Term": "labelSelector:Selector topologyKey:+",
    "Selector": "matchLabels:{} matchExpressions:[Requirement]",
    "Requirement": "key:+ operator:+ values:[]",
    "Toleration": "key operator value effect tolerationSeconds:*",
    "Gate": "conditionType:+",
    "Spread": "maxSkew:+ topologyKey:+ whenUnsatisfiable:+ labelSelector:Selector matchLabelKeys:[]",
    "Step": "setWeight:* pause:Pause experiment:ExperimentStep analysis:Analysis setCanaryScale:Scale "
            "setHeaderRoute:HeaderRoute setMirrorRoute:MirrorRoute plugin:Plugin",
    "Pause": "duration:*",
    "Scale": "weight:* replicas:* matchTrafficWeight",
    "HeaderRoute": "name match:[HeaderMatch]",
    "HeaderMatch": "headerName:+ headerValue:Match",
    "Match": "exact prefix regex",
    "MirrorRoute": "name:+ match:[RouteMatch] percentage:*",
    "RouteMatch": "method:Match path:Match headers:{Match}",
    "Plugin": "name:+ config:raw",
    "Analysis": "templates:[TemplateRef] args:[Arg] dryRun:[DryRun] measurementRetention:[Retention] analysisRunMetadata:RunMeta",
    "TemplateRef": "templateName:+ clusterScope",
    "Arg": "name:+ value valueFrom:ArgFrom",
    "ArgFrom": "podTemplateHashValue:* fieldRef:FieldRef",
    "DryRun": "metricName:+",
    "Retention": "metricName:+ limit:+",
    "RunMeta": "labels:{} annotations:{}",
    "ExperimentStep": "templates:[ExperimentTemplate] duration analyses:[ExperimentAnalysis] dryRun:[DryRun] "
                      "analysisRunMetadata:RunMeta+ scaleDownDelaySeconds:*",
    "ExperimentTemplate": "name:+ specRef:+ replicas:* metadata:RunMeta+ selector:Selector weight:* service:Name",
    "ExperimentAnalysis": "name:+ templateName:+ clusterScope args:[Arg] requiredForCompletion",
}
# Lists that stand in the JSON even when there are none.
ALWAYS = {("Pod", "containers"), ("Projected", "sources"), ("ExperimentStep", "templates")}
# What stands for an absent value of a field that is always there.
ABSENT = {("Grpc", "service"): None, ("Port", "containerPort"): 0}

DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]


def quantity(written):
    number, suffix = re.fullmatch(r"([+-]?[0-9.]+)([a-zA-Z]*[+-]?[0-9]*)", str(written)).groups()
    if suffix in BINARY[1:]:
        value, style = Fraction(number) * 1024 ** BINARY.index(suffix), "binary"
    elif re.fullmatch(r"[eE][+-]?[0-9]+", suffix):
        value, style = Fraction(number) * Fraction(10) ** int(suffix[1:]), "exponent"
    else:
        value, style = Fraction(number) * Fraction(1000) ** (DECIMAL.index(suffix) - 3), "decimal"
    if value == 0:
        return "0"
    # The Go library takes three places behind the point for a finished spelling: 1.050 stays, 1.05 becomes 1050m.
    whole, _, fraction = number.partition(".")
    if style != "binary" and len(fraction) % 3 == 0 and fraction and not number.endswith("000") and whole[0] != "0":
        return str(written)
    if style == "binary" and abs(value) >= 1024 and value.denominator == 1:
        power = 0
        while value % 1024 == 0:
            value, power = value / 1024, power + 1
        return f"{value}{BINARY[power]}"
    power = 0
    while value.denominator != 1:
        value, power = value * 1000, power - 1
    while value % 1000 == 0:
        value, power = value / 1000, power + 1
    if style == "exponent":
        return f"{value}e{3 * power}" if power else f"{value}"
    return f"{value}{DECIMAL[power + 3]}"


def canonical(kind, value, earlier):
    """The value as the API's Go types write it, as ordered dicts."""
    out, known = {}, set()
    for field in TYPES[kind].split():
        key, _, sort = field.partition(":")
        known.add(key)
        there = value.get(key)
        if sort.endswith("+"):
            inner = sort[:-1]
            if inner == "q":
                out[key] = quantity(there or 0)
            elif inner:
                out[key] = canonical(inner, there or {}, earlier)
            else:
                out[key] = there if there is not None else ABSENT.get((kind, key), "")
        elif sort == "":
            if there:
                out[key] = there
        elif sort in ("*", "raw"):
            if there is not None:
                out[key] = there
        elif sort.startswith("["):
            items = [canonical(sort[1:-1], x, earlier) for x in there or []] if sort != "[]" else there
            if items or (kind, key) in ALWAYS:
                out[key] = items
        elif sort.startswith("{"):
            inner = sort[1:-1]
            write = {"": str, "q": quantity}.get(inner) or (lambda x: canonical(inner, x, earlier))
            if there:
                out[key] = {k: write(there[k]) for k in sorted(there, key=lambda k: k.encode())}
        elif there is not None:
            out[key] = quantity(there) if sort == "q" else canonical(sort, there, earlier)
        if earlier and kind == "Meta" and key == "namespace":
            out["creationTimestamp"] = None
    unknown = set(value) - known - {"creationTimestamp"}
    if unknown:
        raise SystemExit(f"{kind} has fields that this script does not know: {unknown}")
    return out


def encode(value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escape)
    return text.encode()


def name(data, collisions):
    if collisions is not None:
        data += collisions.to_bytes(4, "little") + bytes(4)
    sum = 0x811C9DC5
    for byte in data:
        sum = (sum ^ byte) * 0x01000193 % 2**32
    return "".join("bcdfghjklmnpqrstvwxz2456789"[ord(digit) % 27] for digit in str(sum))


def opinion(case):
    if "steps" in case:
        steps = [canonical("Step", step, False) for step in case["steps"]]
        return name(encode(steps or None), None)
    return name(encode(canonical("Template", case["template"], case.get("earlier", False))), case.get("collisionCount"))


def main():
    path = pathlib.Path(__file__).with_name("hashes.json")
    cases, wrong = json.loads(path.read_text()), 0
    for title, case in cases.items():
        hash = opinion(case)
        if "--update" in sys.argv and not case.get("seen"):
            case["hash"] = hash
        if case.get("hash") != hash:
            wrong += 1
            print(f"{title}: {case.get('hash')} in the file, {hash} by this script")
    if "--update" in sys.argv:
        body = ",\n".join(f"  {json.dumps(t, ensure_ascii=False)}: {json.dumps(c, ensure_ascii=False)}" for t, c in cases.items())
        path.write_text("{\n" + body + "\n}\n")
    print(f"{len(cases)} cases, {wrong} differ")
    sys.exit(wrong > 0)


main()
