// Package cli is the command line of kanari-lab.
//
// Read Main first: one file per subcommand. Standard output is for what scripts read (a path, JSON), standard error
// for people. Bad input ends with exit code 2 and one line that names the flag and the way out.
//
// It leaves the work to packages supervise (up, run) and control (everything that talks to a running lab).
package cli
