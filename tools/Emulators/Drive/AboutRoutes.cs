using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>about: the person and the space.</summary>
internal sealed class AboutRoutes(DriveStore store, DriveView view)
{
    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema = new[]
    {
        "kind", "user", "storageQuota", "importFormats", "exportFormats", "maxImportSizes", "maxUploadSize", "appInstalled",
        "folderColorPalette", "driveThemes", "teamDriveThemes", "canCreateDrives", "canCreateTeamDrives",
    }.ToDictionary(name => name, _ => (IReadOnlySet<string>?)null);

    public void Map(DriveRouter router) =>
        router.Map("GET", "/drive/v3/about", "about.get", DriveNeed.Metadata, DriveRouter.GetUnits, GetAsync);

    private Task GetAsync(DriveCall call)
    {
        if (call.Fields is not { Length: > 0 })
            throw new DriveException(400, "required", "The 'fields' parameter is required for this method.", "fields");
        var account = call.Caller.Email;
        JsonObject answer;
        lock (store.Gate)
        {
            var usage = store.Usage(account);
            var quota = new JsonObject
            {
                ["usage"] = DriveView.Number(usage),
                ["usageInDrive"] = DriveView.Number(usage),
                ["usageInDriveTrash"] = DriveView.Number(store.Usage(account, trashOnly: true)),
            };
            if (store.Limit(account) is { } limit)
                quota["limit"] = DriveView.Number(limit);
            answer = new JsonObject
            {
                ["kind"] = "drive#about",
                ["user"] = view.User(account, account),
                ["storageQuota"] = quota,
                ["exportFormats"] = ExportedDocuments.All(),
                ["importFormats"] = new JsonObject { ["text/plain"] = new JsonArray("application/vnd.google-apps.document") },
                ["maxImportSizes"] = new JsonObject { ["application/vnd.google-apps.document"] = "10485760" },
                ["maxUploadSize"] = "5242880000000",
                ["appInstalled"] = true,
                ["folderColorPalette"] = new JsonArray("#ac725e", "#9fe1e7"),
                ["canCreateDrives"] = true,
                ["canCreateTeamDrives"] = true,
            };
        }

        return call.AnswerAsync(answer, Schema, "*");
    }
}
