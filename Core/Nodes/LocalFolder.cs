using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Nodes;

/// <summary>A folder of this machine that the operator gives to some users as a source, a destination or both.</summary>
/// <param name="For">User names, <c>tenant:NAME</c>, <c>operator</c> or <c>everyone</c>.</param>
public sealed record LocalFolder(string Name, string Path, bool CanRead, bool CanWrite, IReadOnlyList<string> For)
{
    /// <summary>The name of the connector that reads and writes such folders.</summary>
    public const string KindName = "folder";

    private const int LongestName = 63;
    private const string Tenant = "tenant:";
    private const string Everyone = "everyone";

    /// <summary>Reads <c>NAME|PATH|read, write or both|WHO WHO</c>.</summary>
    /// <param name="fault">A sentence that says what is wrong.</param>
    public static LocalFolder? Parse(string text, out string? fault)
    {
        var parts = text.Split('|', StringSplitOptions.TrimEntries);
        fault = parts switch
        {
            { Length: not 4 } => "it needs four parts with | between them: name, path, direction, and who may use it",
            [var name, ..] when name.Length is 0 or > LongestName || name.Any(char.IsControl) =>
                $"its name needs 1 to {LongestName} characters",
            [_, var path, ..] when !System.IO.Path.IsPathFullyQualified(path) => "its path must be absolute",
            [_, _, not ("read" or "write" or "both"), _] => "its direction must be read, write or both",
            [.., ""] => "it must name who may use it: user names, tenant:NAME, operator or everyone, with blanks between them",
            _ => null,
        };
        return fault is not null
            ? null
            : new LocalFolder(
                parts[0], parts[1], parts[2] is "read" or "both", parts[2] is "write" or "both",
                parts[3].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>
    /// Returns the id of the connection that the folder is for an owner. It is the same as long as the settings of any node name it.
    /// </summary>
    public Guid IdFor(string tenant, string subject) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{KindName}\n{tenant}\n{subject}\n{Name}")).AsSpan(0, 16));

    /// <param name="user">The name of the user if the subject is a user; otherwise null.</param>
    public bool IsFor(string tenant, string subject, string? user) => For.Any(who =>
        who == Everyone
        || (who.StartsWith(Tenant, StringComparison.Ordinal) && who[Tenant.Length..] == tenant)
        || (who == Access.Caller.Operator.Subject && subject == who)
        || (user is not null && who.Equals(user, StringComparison.OrdinalIgnoreCase)));
}
