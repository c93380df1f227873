// Package checker stands between the pilot and the actuators.
package checker
