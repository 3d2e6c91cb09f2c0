using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Files, revisions and people as Drive's JSON.</summary>
internal sealed class DriveView(DriveStore store, EmulatorContext context)
{
    /// <summary>The names that a file may have in <c>fields</c>.</summary>
    public static readonly IReadOnlySet<string> FileFields = new HashSet<string>(
        ("appProperties,capabilities,contentHints,contentRestrictions,copyRequiresWriterPermission,createdTime,description,driveId,"
        + "downloadRestrictions,explicitlyTrashed,exportLinks,fileExtension,folderColorRgb,fullFileExtension,hasAugmentedPermissions,"
        + "hasThumbnail,headRevisionId,iconLink,id,imageMediaMetadata,inheritedPermissionsDisabled,isAppAuthorized,kind,labelInfo,"
        + "lastModifyingUser,linkShareMetadata,md5Checksum,mimeType,modifiedByMe,modifiedByMeTime,modifiedTime,name,originalFilename,"
        + "ownedByMe,owners,parents,permissionIds,permissions,properties,quotaBytesUsed,resourceKey,sha1Checksum,sha256Checksum,"
        + "shared,sharedWithMeTime,sharingUser,shortcutDetails,size,spaces,starred,teamDriveId,thumbnailLink,thumbnailVersion,"
        + "trashed,trashedTime,trashingUser,version,videoMediaMetadata,viewedByMe,viewedByMeTime,viewersCanCopyContent,"
        + "webContentLink,webViewLink,writersCanShare").Split(','));

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> FileSchema =
        FileFields.ToDictionary(name => name, _ => (IReadOnlySet<string>?)null);

    private static readonly FieldSelector UsualFields = FieldSelector.Parse("kind,id,name,mimeType")!;

    /// <summary>A file with the fields that were asked for; without any, Drive gives four.</summary>
    public JsonNode File(DriveFile file, DriveCaller caller, string? fields)
    {
        if (string.IsNullOrEmpty(fields))
            return FieldSelector.Apply(UsualFields, Whole(file, caller));
        var selector = FieldSelector.Parse(fields);
        selector?.Require(FileSchema);
        return FieldSelector.Apply(selector, Whole(file, caller));
    }

    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public JsonObject User(string email, string me)
    {
        var account = context.Options.Accounts.FirstOrDefault(each => each.Email == email);
        return new JsonObject
        {
            ["kind"] = "drive#user",
            ["displayName"] = account?.Name ?? email,
            ["me"] = email == me,
            ["permissionId"] = PermissionId(email),
            ["emailAddress"] = email,
        };
    }

    public string PermissionId(string email) =>
        email == "anyone" ? "anyoneWithLink" : context.Options.Accounts.FirstOrDefault(each => each.Email == email)?.Id
            ?? Ids.Stable("account:" + email, 21, Ids.Digits);

    public JsonObject Permission(string email, string role)
    {
        var permission = new JsonObject
        {
            ["kind"] = "drive#permission",
            ["id"] = PermissionId(email),
            ["type"] = email == "anyone" ? "anyone" : "user",
            ["role"] = role,
        };
        if (email != "anyone")
        {
            permission["emailAddress"] = email;
            permission["displayName"] = User(email, "")["displayName"]!.DeepClone();
        }

        return permission;
    }

    public static JsonObject Revision(DriveRevision revision) => new()
    {
        ["kind"] = "drive#revision",
        ["id"] = revision.Id,
        ["mimeType"] = revision.MimeType,
        ["modifiedTime"] = Time(revision.Modified),
        ["keepForever"] = revision.KeepForever,
        ["published"] = false,
        ["originalFilename"] = revision.OriginalFilename,
        ["md5Checksum"] = revision.Content.Hashes.Md5,
        ["size"] = Number(revision.Content.Length),
    };

    public JsonObject Whole(DriveFile file, DriveCaller caller)
    {
        var role = store.RoleOf(file, caller.Email, caller.ResourceKeys);
        var json = new JsonObject
        {
            ["kind"] = "drive#file",
            ["id"] = file.Id,
            ["name"] = file.Name,
            ["mimeType"] = file.MimeType,
            ["description"] = file.Description,
            ["starred"] = file.Starred,
            ["trashed"] = store.IsTrashed(file),
            ["explicitlyTrashed"] = file.Trashed,
            ["spaces"] = new JsonArray("drive"),
            ["version"] = Number(file.Version),
            ["webViewLink"] = $"{caller.Root}/file/d/{file.Id}/view",
            ["iconLink"] = $"{caller.Root}/icon/16/type/{file.MimeType}",
            ["hasThumbnail"] = false,
            ["thumbnailVersion"] = "0",
            ["viewedByMe"] = false,
            ["createdTime"] = Time(file.Created),
            ["modifiedTime"] = Time(file.Modified),
            ["modifiedByMe"] = file.ModifiedBy == caller.Email,
            ["shared"] = file.Permissions.Count > 0,
            ["isAppAuthorized"] = true,
            ["viewersCanCopyContent"] = true,
            ["copyRequiresWriterPermission"] = !file.CanDownload,
            ["writersCanShare"] = true,
            ["capabilities"] = Capabilities(file, role),
            ["properties"] = file.Properties?.DeepClone(),
            ["appProperties"] = file.AppProperties?.DeepClone(),
            ["resourceKey"] = file.ResourceKey,
        };
        // A parent that the caller may not see is not told.
        if (file.ParentId is { } parent && store.Find(parent) is { } folder && store.RoleOf(folder, caller.Email) > DriveStore.None)
            json["parents"] = new JsonArray(parent);
        if (file.ModifiedBy is { } modifier)
            json["lastModifyingUser"] = User(modifier, caller.Email);
        if (file.TrashedAt is { } trashed)
            json["trashedTime"] = Time(trashed);
        AddOwner(json, file, caller);
        AddContent(json, file, caller);
        return json;
    }

    private void AddOwner(JsonObject json, DriveFile file, DriveCaller caller)
    {
        if (file.DriveId is { } drive)
        {
            json["driveId"] = drive;
            json["teamDriveId"] = drive;
        }
        else if (file.Owner is { } owner)
        {
            json["owners"] = new JsonArray(User(owner, caller.Email));
            json["ownedByMe"] = owner == caller.Email;
        }

        var permissions = file.Permissions.Select(pair => Permission(pair.Key, pair.Value));
        if (file.Owner is not null)
            permissions = permissions.Prepend(Permission(file.Owner, "owner"));
        var all = permissions.ToArray();
        json["permissionIds"] = new JsonArray([.. all.Select(permission => permission["id"]!.DeepClone())]);
        if (file.DriveId is null)
            json["permissions"] = new JsonArray([.. all]);
        if (DriveStore.IsSharedWith(file, caller.Email) && file.SharedAt.TryGetValue(caller.Email, out var at))
        {
            json["sharedWithMeTime"] = Time(at);
            json["sharingUser"] = User(file.Owner!, caller.Email);
        }
    }

    private void AddContent(JsonObject json, DriveFile file, DriveCaller caller)
    {
        if (file.Head is { } head)
        {
            var extension = Path.GetExtension(file.Name).TrimStart('.');
            json["size"] = Number(head.Content.Length);
            json["quotaBytesUsed"] = Number(head.Content.Length);
            json["originalFilename"] = head.OriginalFilename;
            json["fileExtension"] = extension;
            json["fullFileExtension"] = extension;
            json["headRevisionId"] = head.Id;
            json["webContentLink"] = $"{caller.Root}/uc?id={file.Id}&export=download";
            if (!context.Switches.IsOn("hashesAbsent"))
            {
                json["md5Checksum"] = head.Content.Hashes.Md5;
                if (!context.Switches.IsOn("onlyMd5"))
                {
                    json["sha1Checksum"] = head.Content.Hashes.Sha1;
                    json["sha256Checksum"] = head.Content.Hashes.Sha256;
                }
            }
        }
        else
        {
            json["quotaBytesUsed"] = "0";
        }

        if (file.ShortcutTargetId is { } target)
        {
            json["shortcutDetails"] = new JsonObject
            {
                ["targetId"] = target,
                ["targetMimeType"] = file.ShortcutTargetMimeType,
                ["targetResourceKey"] = store.Find(target)?.ResourceKey,
            };
        }

        if (ExportedDocuments.FormatsOf(file.MimeType) is { Count: > 0 } formats)
        {
            var links = new JsonObject();
            foreach (var format in formats)
                links[format] = $"{caller.Root}/drive/v3/files/{file.Id}/export?mimeType={Uri.EscapeDataString(format)}";
            json["exportLinks"] = links;
        }
    }

    private static JsonObject Capabilities(DriveFile file, int role)
    {
        var writes = role >= DriveStore.Writer;
        return new JsonObject
        {
            ["canAddChildren"] = writes && file.IsFolder,
            ["canCopy"] = !file.IsFolder && file.CanDownload,
            ["canDelete"] = role >= DriveStore.Owner && !file.IsRoot,
            ["canDownload"] = file.CanDownload || role >= DriveStore.Owner,
            ["canEdit"] = writes,
            ["canListChildren"] = file.IsFolder,
            ["canModifyContent"] = writes,
            ["canMoveItemWithinDrive"] = writes && !file.IsRoot,
            ["canReadRevisions"] = writes && !file.IsFolder,
            ["canRename"] = writes && !file.IsRoot,
            ["canShare"] = writes,
            ["canTrash"] = writes && !file.IsRoot,
            ["canUntrash"] = writes && !file.IsRoot,
        };
    }
}
