using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.StaticFiles;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Shows drives and items as Graph's JSON.</summary>
internal sealed class GraphView(GraphState state)
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    public static string MimeType(string name) => Types.TryGetContentType(name, out var type) ? type : "application/octet-stream";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public JsonObject Drive(GraphDrive drive)
    {
        var quota = drive.Quota;
        return new JsonObject
        {
            ["@odata.context"] = $"{state.ApiBase}/$metadata#drives/$entity",
            ["id"] = GraphIds.Shortened(drive.Kind, drive.Id),
            ["driveType"] = drive.Kind switch
            {
                GraphDriveKind.Personal => "personal",
                GraphDriveKind.Business => "business",
                _ => "documentLibrary",
            },
            ["name"] = drive.Kind == GraphDriveKind.DocumentLibrary ? "Documents" : "OneDrive",
            ["owner"] = new JsonObject { ["user"] = User(drive) },
            ["quota"] = new JsonObject
            {
                ["total"] = quota.Total ?? 0,
                ["used"] = quota.Used,
                ["remaining"] = quota.Remaining ?? 0,
                ["deleted"] = quota.Deleted,
                ["state"] = quota.State,
            },
        };
    }

    /// <summary>Shows an item with a download address, as a caller sees it who asked for nothing special.</summary>
    public JsonObject Item(GraphItem item, GraphQuery query) => item.Drive.Read(() =>
    {
        var json = Common(item);
        json["parentReference"] = Parent(item, withPath: true);
        AddFacets(json, item);
        if (query.Expands("children") && item.Kind == GraphItemKind.Folder)
        {
            var children = item.Drive.ChildrenOf(item).Take(state.PageSize).Select(child => (JsonNode)Item(child, GraphQuery.None));
            json["children"] = new JsonArray([.. children]);
        }

        return query.Select(json);
    });

    /// <summary>Shows an entry of the change feed: without a path, and with few fields if the item was deleted.</summary>
    public JsonObject Change(GraphItem item, GraphQuery query) => item.Drive.Read(() =>
    {
        if (!item.IsDeleted)
        {
            var json = Common(item);
            json["parentReference"] = Parent(item, withPath: false);
            AddFacets(json, item);
            return query.Select(json);
        }

        var gone = new JsonObject
        {
            ["id"] = item.Id,
            ["deleted"] = new JsonObject { ["state"] = "deleted" },
            ["parentReference"] = Parent(item, withPath: false),
        };
        if (item.Drive.Kind == GraphDriveKind.Personal)
            gone["name"] = item.Name;
        gone[item.Kind == GraphItemKind.Folder ? "folder" : "file"] = new JsonObject();
        return gone;
    });

    private static JsonObject Common(GraphItem item) => new()
    {
        ["id"] = item.Id,
        ["name"] = item.Name,
        ["size"] = item.Size,
        ["eTag"] = item.ETag,
        ["cTag"] = item.CTag,
        ["createdDateTime"] = Time(item.Created),
        ["lastModifiedDateTime"] = Time(item.Modified),
        ["createdBy"] = new JsonObject { ["user"] = User(item.Drive) },
        ["lastModifiedBy"] = new JsonObject { ["user"] = User(item.Drive) },
        ["webUrl"] = $"https://onedrive.example.test{Uri.UnescapeDataString(item.Path())}",
        ["fileSystemInfo"] = new JsonObject
        {
            ["createdDateTime"] = Time(item.FileCreated),
            ["lastModifiedDateTime"] = Time(item.FileModified),
        },
    };

    private static JsonObject User(GraphDrive drive) =>
        new() { ["email"] = drive.Owner, ["id"] = drive.Owner, ["displayName"] = drive.OwnerName };

    private static JsonObject Parent(GraphItem item, bool withPath)
    {
        var parent = new JsonObject
        {
            ["driveType"] = item.Drive.Kind == GraphDriveKind.Personal ? "personal" : "business",
            ["driveId"] = item.Drive.Id,
        };
        if (item.Parent is null)
            return parent;
        parent["id"] = item.Parent.Id;
        if (withPath)
        {
            parent["name"] = item.Parent.Name;
            parent["path"] = item.Parent.Path();
        }

        return parent;
    }

    private void AddFacets(JsonObject json, GraphItem item)
    {
        if (item == item.Drive.Root)
            json["root"] = new JsonObject();
        switch (item.Kind)
        {
            case GraphItemKind.Folder:
                json["folder"] = new JsonObject { ["childCount"] = item.Children.Count };
                break;
            case GraphItemKind.Package:
                json["package"] = new JsonObject { ["type"] = "oneNote" };
                break;
            case GraphItemKind.Remote:
                json["remoteItem"] = Remote(item.Target!);
                break;
            default:
                AddFile(json, item);
                break;
        }

        if (item.SharedWith.Count > 0)
            json["shared"] = new JsonObject { ["scope"] = "users" };
    }

    private void AddFile(JsonObject json, GraphItem item)
    {
        json["file"] = new JsonObject { ["mimeType"] = MimeType(item.Name), ["hashes"] = Hashes(item) };
        json["@microsoft.graph.downloadUrl"] = state.Downloads.AddressOf(item);
        if (item.Malware is not null)
            json["malware"] = new JsonObject { ["description"] = item.Malware };
    }

    private JsonObject Hashes(GraphItem item)
    {
        var content = item.Content!;
        var hashes = new JsonObject();
        if (state.Switches.IsOn(GraphSwitches.QuickXorHash))
            hashes["quickXorHash"] = content.QuickXor;
        var late = content.Stored + TimeSpan.FromSeconds(state.Switches.Number(GraphSwitches.HashDelaySeconds));
        if (item.Drive.Kind != GraphDriveKind.Personal || state.Clock.GetUtcNow() < late)
            return hashes;
        if (content.Sha1 is not null)
            hashes["sha1Hash"] = content.Sha1;
        if (content.Sha256 is not null && state.Switches.IsOn(GraphSwitches.Sha256Hash))
            hashes["sha256Hash"] = content.Sha256;
        return hashes;
    }

    /// <summary>What a shared item tells of the original; both drives' locks are never held at once.</summary>
    private static JsonObject Remote(GraphItem target)
    {
        var remote = new JsonObject
        {
            ["id"] = target.Id,
            ["name"] = target.Name,
            ["size"] = target.Size,
            ["eTag"] = target.ETag,
            ["cTag"] = target.CTag,
            ["fileSystemInfo"] = new JsonObject { ["lastModifiedDateTime"] = Time(target.FileModified) },
            ["parentReference"] = Parent(target, withPath: false),
        };
        if (target.Kind == GraphItemKind.Folder)
            remote["folder"] = new JsonObject { ["childCount"] = target.Children.Count };
        else
            remote["file"] = new JsonObject { ["mimeType"] = MimeType(target.Name) };
        return remote;
    }
}
