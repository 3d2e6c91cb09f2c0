using System.Globalization;
using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>changes: the number to begin with, and pages of the feed.</summary>
internal sealed class ChangeRoutes(DriveStore store, DriveView view)
{
    private const string Usually =
        "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,file(kind,id,name,mimeType))";

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["nextPageToken"] = null,
        ["newStartPageToken"] = null,
        ["changes"] = new HashSet<string>
        {
            "kind", "type", "changeType", "time", "removed", "fileId", "file", "driveId", "drive", "teamDriveId", "teamDrive",
        },
    };

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> StartSchema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["startPageToken"] = null,
    };

    public void Map(DriveRouter router)
    {
        const string changes = "/drive/v3/changes";
        router.Map("GET", changes + "/startPageToken", "changes.getStartPageToken", DriveNeed.Metadata, DriveRouter.GetUnits, StartAsync);
        router.Map("GET", changes, "changes.list", DriveNeed.Metadata, DriveRouter.ListUnits, ListAsync);
    }

    private Task StartAsync(DriveCall call)
    {
        var answer = new JsonObject { ["kind"] = "drive#startPageToken" };
        lock (store.Gate)
            answer["startPageToken"] = DriveView.Number(store.NextChange);
        return call.AnswerAsync(answer, StartSchema, "*");
    }

    private Task ListAsync(DriveCall call)
    {
        if (!long.TryParse(call.Query("pageToken"), NumberStyles.None, CultureInfo.InvariantCulture, out var from))
            throw DriveException.Invalid("pageToken", "Invalid Value");
        var size = call.Number("pageSize", 100, 1, 1000);
        var answer = new JsonObject { ["kind"] = "drive#changeList" };
        lock (store.Gate)
        {
            if (from > store.NextChange)
                throw DriveException.Invalid("pageToken", "Invalid Value");
            var found = store.ChangesSince(from, call.Caller).Where(change => IsAskedFor(change, call)).Take(size + 1).ToList();
            answer["changes"] = new JsonArray([.. found.Take(size).Select(change => Show(change, call.Caller))]);
            if (found.Count > size)
                answer["nextPageToken"] = DriveView.Number(found[size].Number);
            else
                answer["newStartPageToken"] = DriveView.Number(store.NextChange);
        }

        return call.AnswerAsync(answer, Schema, Usually);
    }

    private bool IsAskedFor(DriveChange change, DriveCall call)
    {
        var drive = change.File is { } file ? file.DriveId : store.DriveOfRemoved(change.FileId);
        if (call.Query("driveId") is { } asked && drive != asked)
            return false;
        if (drive is not null && !(call.IncludesAllDrives && call.SupportsAllDrives))
            return false;
        if (change.File is null)
            return call.Flag("includeRemoved", otherwise: true);
        return !call.Flag("restrictToMyDrive") || store.IsInMyDrive(change.File, call.Caller.Email);
    }

    private JsonObject Show(DriveChange change, DriveCaller caller)
    {
        var json = new JsonObject
        {
            ["kind"] = "drive#change",
            ["type"] = "file",
            ["changeType"] = "file",
            ["time"] = DriveView.Time(change.At),
            ["removed"] = change.File is null,
            ["fileId"] = change.FileId,
        };
        if (change.File is { } file)
            json["file"] = view.Whole(file, caller);
        return json;
    }
}
