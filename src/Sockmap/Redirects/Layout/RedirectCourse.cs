namespace Sockmap.Redirects.Layout;

/// <summary><c>enum redirect_course</c> of bpf/redirect.h: entries of the map that tells how it goes on.</summary>
internal enum RedirectCourse : uint
{
    Stopped = 0,
    Overrun = 1,
    Stays = 2,
}
