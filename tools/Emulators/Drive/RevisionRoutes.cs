using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>revisions: list, get with content, keep for ever, delete.</summary>
internal sealed class RevisionRoutes(DriveStore store, Downloads downloads)
{
    private static readonly IReadOnlySet<string> Fields = new HashSet<string>
    {
        "kind", "id", "mimeType", "modifiedTime", "keepForever", "published", "originalFilename", "md5Checksum", "size",
        "lastModifyingUser",
        "exportLinks", "publishAuto", "publishedLink", "publishedOutsideDomain",
    };

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema =
        Fields.ToDictionary(name => name, _ => (IReadOnlySet<string>?)null);

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> ListSchema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["nextPageToken"] = null,
        ["revisions"] = Fields,
    };

    private const string Usually = "kind,id,mimeType,modifiedTime";

    public void Map(DriveRouter router)
    {
        const string revisions = "/drive/v3/files/{id}/revisions";
        router.Map("GET", revisions, "revisions.list", DriveNeed.Metadata, DriveRouter.ListUnits, ListAsync);
        router.Map("GET", revisions + "/{revision}", "revisions.get", DriveNeed.Metadata, 0, GetAsync);
        router.Map("PATCH", revisions + "/{revision}", "revisions.update", DriveNeed.Write, DriveRouter.ModifyUnits, UpdateAsync);
        router.Map("DELETE", revisions + "/{revision}", "revisions.delete", DriveNeed.Write, DriveRouter.ModifyUnits, Delete);
    }

    private static DriveRevision Find(DriveFile file, DriveCall call)
    {
        var id = (string)call.Http.Request.RouteValues["revision"]!;
        return (id == "head" ? file.Head : file.Revisions.Find(revision => revision.Id == id))
            ?? throw new DriveException(404, "notFound", $"Revision not found: {id}.", "revisionId");
    }

    private Task ListAsync(DriveCall call)
    {
        var answer = new JsonObject { ["kind"] = "drive#revisionList" };
        lock (store.Gate)
            answer["revisions"] = new JsonArray([.. store.Get(call.Id, call.Caller, true).Revisions.Select(DriveView.Revision)]);
        return call.AnswerAsync(answer, ListSchema, $"kind,nextPageToken,revisions({Usually})");
    }

    private Task GetAsync(DriveCall call)
    {
        if (call.Query("alt") == "media")
            return downloads.RevisionAsync(call, file => Find(file, call));
        downloads.Limits.Count(call.Caller.Email, DriveRouter.GetUnits);
        JsonObject answer;
        lock (store.Gate)
            answer = DriveView.Revision(Find(store.Get(call.Id, call.Caller, true), call));
        return call.AnswerAsync(answer, Schema, Usually);
    }

    private async Task UpdateAsync(DriveCall call)
    {
        var body = await call.BodyAsync();
        JsonObject answer;
        lock (store.Gate)
        {
            var revision = Find(store.Get(call.Id, call.Caller, true, DriveStore.Writer), call);
            revision.KeepForever = body["keepForever"]?.GetValue<bool>() ?? revision.KeepForever;
            answer = DriveView.Revision(revision);
        }

        await call.AnswerAsync(answer, Schema, Usually);
    }

    private Task Delete(DriveCall call)
    {
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, true, DriveStore.Writer);
            var revision = Find(file, call);
            if (file.Revisions.Count == 1)
                throw new DriveException(400, "cannotDeleteOnlyRevision", "The only revision of a file cannot be deleted.");
            file.Revisions.Remove(revision);
            revision.Content.Release();
            store.Touch(file);
        }

        call.AnswerNothing();
        return Task.CompletedTask;
    }
}
