// Package openx plays scenarios written in OpenSCENARIO 1.1 XML on roads written in OpenDRIVE, with the full stack in the
// ego's seat: the scenarios of UN R157 in this form run unchanged.
//
// Owns: the readers of both formats (a subset; whatever is outside of it is refused by name and line, and what was read is
// counted), expressions, parameters with their constraints, variations and their product, the storyboard at 100 Hz, the
// motion of everybody but the ego, the suite that runs a folder of variations.
// Does not own: the ego's dynamics, sensors and contact (pilot/scene/world), the stack (pilot/scene), verdicts of models
// (pilot/scene/reference).
// Always true: a case is a pure function of files, parameters and stack, the same bits for any number of workers; files
// are read from one folder and never outside of it; no external entity is ever resolved; every limit has a name.
// Says: per file how many cases ran, were discarded, collided, and what the reference models would have done.
// Start reading at: Library.Load, Engine.Trigger, Player.Play, Run.
//
// Choices where the standard leaves room:
//   - The ego is the one entity with an ObjectController; ActivateControllerAction engages the stack.
//   - A positive start lane of the ego means left-hand traffic: left lanes are then driven along the reference line.
//   - During a LaneChangeAction the speed is the magnitude of the velocity, so that the way along the lane gets shorter;
//     during a LaneOffsetAction the speed is the one along the lane. A lane change waits while the actor stands.
//   - Distances between boxes are never negative: overlapping boxes are 0 m apart.
//   - The sign of a rate follows from the target. A rate of 0 changes nothing and never ends.
//   - Rates and speeds are bounded by the catalogue's Performance.
//   - A speed target relative to an entity is not below 0: nobody reverses.
package openx
