using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>A user without privileges, for programs that refuse to run with them.</summary>
/// <param name="User">User id.</param>
/// <param name="Group">Group id.</param>
internal sealed record UserIds(int User, int Group)
{
    /// <summary>What setpriv takes to become this user.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        string.Create(CultureInfo.InvariantCulture, $"--reuid={User}"), string.Create(CultureInfo.InvariantCulture, $"--regid={Group}"), "--clear-groups",
    ];

    /// <summary>The first of these users that this machine has; null where it has none of them.</summary>
    public static UserIds? Find(params IReadOnlyList<string> names)
    {
        string[][] users = [.. File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(fields => fields.Length >= 4)];
        return names.Select(name => users.FirstOrDefault(fields => string.Equals(fields[0], name, StringComparison.Ordinal)))
            .Where(fields => fields is not null)
            .Select(fields => new UserIds(int.Parse(fields![2], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture)))
            .FirstOrDefault();
    }
}
