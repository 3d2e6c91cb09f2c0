namespace ChunkUpload.Emulators.Drive;

/// <summary>Who is asking by which name of the emulator, with the resource keys that came with the request.</summary>
internal sealed record DriveCaller(
    string Email, IReadOnlyList<string>? Scopes, IReadOnlyDictionary<string, string> ResourceKeys, string Root)
{
    private const string Prefix = "https://www.googleapis.com/auth/";

    public bool MayWrite => Has("drive", "drive.file");

    public bool MayReadContent => Has("drive", "drive.file", "drive.readonly");

    public bool MayReadMetadata => Has("drive", "drive.file", "drive.readonly", "drive.metadata", "drive.metadata.readonly");

    // Tokens that a test has made up have every scope.
    private bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Scopes is null || Scopes.Contains(Prefix + name))
                return true;
        return false;
    }
}

/// <summary>The permissions of items.</summary>
internal sealed partial class DriveStore
{
    public const int None = 0;
    public const int Reader = 1;
    public const int Writer = 2;
    public const int Owner = 3;

    /// <summary>The best role that the file or a folder above it gives.</summary>
    public int RoleOf(DriveFile file, string account, IReadOnlyDictionary<string, string>? keys = null)
    {
        var best = None;
        for (var each = file; each is not null; each = each.ParentId is null ? null : Find(each.ParentId))
        {
            if (each.Owner == account)
                best = Math.Max(best, each == file || each.IsRoot ? Owner : Writer);
            if (each.Permissions.TryGetValue(account, out var role))
                best = Math.Max(best, Level(role));
            if (keys is not null && each.Permissions.TryGetValue("anyone", out var anyone)
                && (each.ResourceKey is null || keys.GetValueOrDefault(each.Id) == each.ResourceKey))
                best = Math.Max(best, Level(anyone));
        }

        return best;
    }

    /// <summary>The file for an id of a request; <c>root</c> is the caller's own. What the caller may not see is not found.</summary>
    public DriveFile Get(string id, DriveCaller caller, bool supportsAllDrives, int role = Reader)
    {
        var file = Find(id == "root" ? RootId(caller.Email) : id) ?? throw DriveException.NotFound(id);
        var has = RoleOf(file, caller.Email, caller.ResourceKeys);
        if (has == None || (file.DriveId is not null && !supportsAllDrives))
            throw DriveException.NotFound(id);
        return has >= role ? file : throw DriveException.Because("insufficientFilePermissions");
    }

    public static bool IsSharedWith(DriveFile file, string account) =>
        file.DriveId is null && file.Owner != account && file.Permissions.ContainsKey(account);

    /// <summary>Returns whether it lies below the caller's own root.</summary>
    public bool IsInMyDrive(DriveFile file, string account)
    {
        var root = RootId(account);
        for (var each = file; each is not null; each = each.ParentId is null ? null : Find(each.ParentId))
            if (each.Id == root)
                return true;
        return false;
    }

    private static int Level(string role) => role switch
    {
        "reader" or "commenter" => Reader,
        "writer" or "fileOrganizer" => Writer,
        "organizer" or "owner" => Owner,
        _ => None,
    };
}
