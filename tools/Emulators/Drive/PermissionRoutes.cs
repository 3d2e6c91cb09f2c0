using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>permissions: list, create, delete.</summary>
internal sealed class PermissionRoutes(DriveStore store, DriveView view)
{
    private static readonly IReadOnlySet<string> Fields = new HashSet<string>
    {
        "kind", "id", "type", "role", "emailAddress", "displayName", "domain", "deleted", "pendingOwner", "allowFileDiscovery",
        "expirationTime", "permissionDetails", "photoLink", "view",
    };

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema =
        Fields.ToDictionary(name => name, _ => (IReadOnlySet<string>?)null);

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> ListSchema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["nextPageToken"] = null,
        ["permissions"] = Fields,
    };

    public void Map(DriveRouter router)
    {
        const string permissions = "/drive/v3/files/{id}/permissions";
        router.Map("GET", permissions, "permissions.list", DriveNeed.Metadata, DriveRouter.ListUnits, ListAsync);
        router.Map("POST", permissions, "permissions.create", DriveNeed.Write, DriveRouter.ModifyUnits, CreateAsync);
        router.Map("DELETE", permissions + "/{permission}", "permissions.delete", DriveNeed.Write, DriveRouter.ModifyUnits, Delete);
    }

    private Task ListAsync(DriveCall call)
    {
        var answer = new JsonObject { ["kind"] = "drive#permissionList" };
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives);
            var all = file.Permissions.Select(pair => view.Permission(pair.Key, pair.Value)).ToList();
            if (file.Owner is { } owner)
                all.Insert(0, view.Permission(owner, "owner"));
            answer["permissions"] = new JsonArray([.. all]);
        }

        return call.AnswerAsync(answer, ListSchema, "kind,nextPageToken,permissions(kind,id,type,role)");
    }

    private async Task CreateAsync(DriveCall call)
    {
        var body = await call.BodyAsync();
        var role = body["role"]?.GetValue<string>() ?? throw DriveException.Invalid("permission.role", "A role is required.");
        var person = body["type"]?.GetValue<string>() == "anyone" ? "anyone" : body["emailAddress"]?.GetValue<string>()
            ?? throw DriveException.Because("badRequest");
        JsonObject answer;
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives, DriveStore.Writer);
            file.Permissions[person] = role;
            file.SharedAt[person] = store.Now;
            foreach (var each in store.Below(file).Prepend(file))
                store.Touch(each);
            answer = view.Permission(person, role);
        }

        await call.AnswerAsync(answer, Schema, "kind,id,type,role");
    }

    /// <summary>Who loses a file finds it removed in the feed of changes.</summary>
    private Task Delete(DriveCall call)
    {
        var id = (string)call.Http.Request.RouteValues["permission"]!;
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives, DriveStore.Writer);
            var person = file.Permissions.Keys.FirstOrDefault(each => view.PermissionId(each) == id)
                ?? throw new DriveException(404, "notFound", $"Permission not found: {id}.", "permissionId");
            file.Permissions.Remove(person);
            foreach (var each in store.Below(file).Prepend(file).Where(each => store.RoleOf(each, person) == DriveStore.None))
                store.NoteLoss(each, person);
            store.Touch(file);
        }

        call.AnswerNothing();
        return Task.CompletedTask;
    }
}
