using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>files: get, create, update, copy, delete, generateIds, emptyTrash, export.</summary>
internal sealed class FileRoutes(DriveStore store, DriveView view, FileEdits edits, Downloads downloads)
{
    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> IdsSchema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["space"] = null,
        ["ids"] = null,
    };

    public void Map(DriveRouter router)
    {
        const string files = "/drive/v3/files";
        router.Map("GET", files + "/generateIds", "files.generateIds", DriveNeed.Write, DriveRouter.GetUnits, GenerateIds);
        router.Map("DELETE", files + "/trash", "files.emptyTrash", DriveNeed.Write, DriveRouter.ModifyUnits, EmptyTrash);
        router.Map("GET", files + "/{id}", "files.get", DriveNeed.Metadata, 0, GetAsync);
        router.Map("GET", files + "/{id}/export", "files.export", DriveNeed.Content, DriveRouter.DownloadUnits, downloads.ExportAsync);
        router.Map("POST", files, "files.create", DriveNeed.Write, DriveRouter.ModifyUnits, CreateAsync);
        router.Map("PATCH", files + "/{id}", "files.update", DriveNeed.Write, DriveRouter.ModifyUnits, UpdateAsync);
        router.Map("POST", files + "/{id}/copy", "files.copy", DriveNeed.Write, DriveRouter.ModifyUnits, CopyAsync);
        router.Map("DELETE", files + "/{id}", "files.delete", DriveNeed.Write, DriveRouter.ModifyUnits, Delete);
    }

    private Task GetAsync(DriveCall call)
    {
        if (call.Query("alt") == "media")
            return downloads.FileAsync(call);
        downloads.Limits.Count(call.Caller.Email, DriveRouter.GetUnits);
        JsonNode answer;
        lock (store.Gate)
            answer = view.File(store.Get(call.Id, call.Caller, call.SupportsAllDrives), call.Caller, call.Fields);
        return call.AnswerAsync(answer);
    }

    private async Task CreateAsync(DriveCall call)
    {
        var metadata = await call.BodyAsync();
        JsonNode answer;
        lock (store.Gate)
            answer = view.File(edits.Create(metadata, call, null, null), call.Caller, call.Fields);
        await call.AnswerAsync(answer);
    }

    private async Task UpdateAsync(DriveCall call)
    {
        var metadata = await call.BodyAsync();
        JsonNode answer;
        lock (store.Gate)
            answer = view.File(edits.Update(call.Id, metadata, call, null, null), call.Caller, call.Fields);
        await call.AnswerAsync(answer);
    }

    private async Task CopyAsync(DriveCall call)
    {
        var metadata = await call.BodyAsync();
        JsonNode answer;
        lock (store.Gate)
            answer = view.File(edits.Copy(call.Id, metadata, call), call.Caller, call.Fields);
        await call.AnswerAsync(answer);
    }

    private Task Delete(DriveCall call)
    {
        lock (store.Gate)
        {
            var file = store.Get(call.Id, call.Caller, call.SupportsAllDrives, DriveStore.Owner);
            if (file.IsRoot)
                throw DriveException.Because("insufficientFilePermissions");
            store.Remove(file);
        }

        call.AnswerNothing();
        return Task.CompletedTask;
    }

    private Task EmptyTrash(DriveCall call)
    {
        lock (store.Gate)
        {
            foreach (var file in store.Files.Where(file => file.Trashed && file.Owner == call.Caller.Email).ToList())
                if (store.Find(file.Id) is not null)
                    store.Remove(file);
        }

        call.AnswerNothing();
        return Task.CompletedTask;
    }

    private Task GenerateIds(DriveCall call)
    {
        var count = call.Number("count", 10, 1, 1000);
        var answer = new JsonObject { ["kind"] = "drive#generatedIds", ["space"] = "drive" };
        lock (store.Gate)
            answer["ids"] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => (JsonNode)store.NewId())]);
        return call.AnswerAsync(answer, IdsSchema, "*");
    }
}
