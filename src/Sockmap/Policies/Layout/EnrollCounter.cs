namespace Sockmap.Policies.Layout;

/// <summary><c>enum enroll_counter</c> of bpf/policy.h: what became of connections that were established.</summary>
internal enum EnrollCounter
{
    Enrolled,
    Elsewhere,
    Full,
    Refused,
}
