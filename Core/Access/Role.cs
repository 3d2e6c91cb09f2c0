namespace ChunkUpload.Core.Access;

/// <summary>A user's role in a tenant.</summary>
public enum Role
{
    /// <summary>Reads files that others share.</summary>
    Viewer = 1,

    /// <summary>Reads and writes.</summary>
    Member,

    /// <summary>Also sees everything of the tenant, and manages its users, keys and links.</summary>
    Admin,

    /// <summary>Reads the files of the user's own projects, and nothing else of the tenant.</summary>
    Guest,
}

public static class Roles
{
    private const Scopes Reading = Scopes.Read | Scopes.List | Scopes.Projects;
    private const Scopes Writing = Reading | Scopes.Upload | Scopes.Delete | Scopes.Transfers;

    /// <summary>The scopes of a role in its tenant.</summary>
    public static Scopes Grants(this Role role) => role switch
    {
        Role.Guest or Role.Viewer => Reading,
        Role.Member => Writing,
        Role.Admin => Writing | Scopes.Admin,
        _ => Scopes.None,
    };

    public static string Word(this Role role) => role switch
    {
        Role.Guest => "guest",
        Role.Viewer => "viewer",
        Role.Member => "member",
        Role.Admin => "admin",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };

    /// <summary>Returns the role with this name; null if the name is unknown.</summary>
    public static Role? Of(string? word) => word switch
    {
        "guest" => Role.Guest,
        "viewer" => Role.Viewer,
        "member" => Role.Member,
        "admin" => Role.Admin,
        _ => null,
    };
}
