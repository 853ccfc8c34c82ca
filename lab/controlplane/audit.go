package controlplane

import "os"

// auditPolicy keeps one line for each finished request: who, which object, which answer; never a body.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`

func (p *Plane) auditFlags() []string {
	if p.cfg.Audit == "" {
		return nil
	}
	return []string{
		"--audit-policy-file=" + p.cfg.path("audit-policy.yaml"),
		"--audit-log-path=" + p.cfg.Audit,
		"--audit-log-format=json",
		"--audit-log-mode=blocking", // a line is in the file before the caller has its answer
	}
}

func writeAuditPolicy(c Config) error {
	if c.Audit == "" {
		return nil
	}
	return os.WriteFile(c.path("audit-policy.yaml"), []byte(auditPolicy), 0o600)
}
