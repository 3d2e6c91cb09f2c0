using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>drives: the shared drives whose member the caller is.</summary>
internal sealed class SharedDriveRoutes(DriveStore store)
{
    private static readonly IReadOnlySet<string> Fields = new HashSet<string>
    {
        "kind", "id", "name", "createdTime", "capabilities", "colorRgb", "hidden", "restrictions", "themeId", "backgroundImageLink",
        "backgroundImageFile", "orgUnitId",
    };

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema =
        Fields.ToDictionary(name => name, _ => (IReadOnlySet<string>?)null);

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> ListSchema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["nextPageToken"] = null,
        ["drives"] = Fields,
    };

    private readonly Dictionary<string, string> _requests = [];

    public void Map(DriveRouter router)
    {
        router.Map("GET", "/drive/v3/drives", "drives.list", DriveNeed.Metadata, DriveRouter.ListUnits, ListAsync);
        router.Map("GET", "/drive/v3/drives/{id}", "drives.get", DriveNeed.Metadata, DriveRouter.GetUnits, GetAsync);
        router.Map("POST", "/drive/v3/drives", "drives.create", DriveNeed.Write, DriveRouter.ModifyUnits, CreateAsync);
    }

    public void Reset() => _requests.Clear();

    private Task ListAsync(DriveCall call)
    {
        var answer = new JsonObject { ["kind"] = "drive#driveList" };
        lock (store.Gate)
        {
            answer["drives"] = new JsonArray([.. store.Drives
                .Where(drive => store.RoleOf(store.Find(drive.Id)!, call.Caller.Email) > DriveStore.None)
                .Select(Show)]);
        }

        return call.AnswerAsync(answer, ListSchema, "kind,nextPageToken,drives(kind,id,name)");
    }

    private Task GetAsync(DriveCall call)
    {
        JsonObject answer;
        lock (store.Gate)
        {
            var drive = store.Drives.Find(each => each.Id == call.Id
                && store.RoleOf(store.Find(each.Id)!, call.Caller.Email) > DriveStore.None)
                ?? throw new DriveException(404, "notFound", $"Shared drive not found: {call.Id}", "driveId");
            answer = Show(drive);
        }

        return call.AnswerAsync(answer, Schema, "kind,id,name");
    }

    private async Task CreateAsync(DriveCall call)
    {
        // The request id makes a repeated creation find the drive of the first one.
        var request = call.Query("requestId") ?? throw DriveException.Invalid("requestId", "Required parameter: requestId");
        var body = await call.BodyAsync();
        JsonObject answer;
        lock (store.Gate)
        {
            if (_requests.ContainsKey(request))
                throw new DriveException(409, "sharedDriveAlreadyExists", "A shared drive already exists with the provided request ID.");
            var drive = new SharedDrive("0A" + Ids.Random(15) + "PVA", body["name"]?.GetValue<string>() ?? "Shared drive", store.Now);
            _requests[request] = drive.Id;
            store.AddDrive(drive);
            store.Find(drive.Id)!.Permissions[call.Caller.Email] = "organizer";
            answer = Show(drive);
        }

        await call.AnswerAsync(answer, Schema, "kind,id,name");
    }

    private static JsonObject Show(SharedDrive drive) => new()
    {
        ["kind"] = "drive#drive",
        ["id"] = drive.Id,
        ["name"] = drive.Name,
        ["createdTime"] = DriveView.Time(drive.Created),
        ["hidden"] = false,
    };
}
