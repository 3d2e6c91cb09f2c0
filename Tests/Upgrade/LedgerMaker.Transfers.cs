using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    /// <summary>The file in the emulated Google Drive that is on its way when the service is killed.</summary>
    public const string ImportedId = "1keptImportedFile";

    /// <summary>
    /// The address of the upload sessions of the emulated OneDrive, which is in the kept ledgers. After the upgrade, the emulator answers
    /// there that it knows no such session, so the service begins another one. It would wait for a server that does not answer.
    /// </summary>
    public const string SessionsAddress = "http://127.77.1.1:17100";

    public const int ImportedSeed = 9001;
    public const int ImportedSize = 1_500_000;

    /// <summary>
    /// Ended, paused, planned and waiting transfers, three that are under way (from Google Drive, to OneDrive and into a folder of the
    /// machine), schedules and a template.
    /// </summary>
    private async Task AddTransfersAsync()
    {
        var http = _operator.Http;
        await SeedAsync(_storages.Google.Drive);
        var drive = await _storages.Google.ConnectAsync(http);
        var office = await _storages.ConnectAsync(http, OneDriveRig.Ann);
        var home = await _storages.ConnectAsync(http, OneDriveRig.Ben);
        var folder = (await http.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("kind").GetString() == "folder").GetProperty("id").GetString()!;
        var projects = await TransferRig.EntryAsync(http, "Projects/2026");

        await EndAsync(await OneDriveRig.TransferAsync(http, null, drive, "root", null, projects), "done");
        var cancelled = await OneDriveRig.TransferAsync(http, null, home, "root", new { bandwidth = "8k" }, projects);
        _ = await _operator.PostAsync($"/api/transfers/{cancelled}/cancel", null);
        await EndAsync(cancelled, "cancelled");
        _ = await _storages.Google.Drive.SeedAsync(new
        {
            items = new[]
            {
                new { name = "damaged.bin", id = "1damaged", base64 = Convert.ToBase64String(KeptFacts.Bytes(9003, 300_000)) },
            },
        });
        _ = _storages.Google.Drive.Faults.Add(
            new FaultMatch { PathRegex = "1damaged.*alt=media", Times = 0 },
            new FaultAction { Kind = "corruptByte", Offset = 10, Of = "response" });
        var inbox = await TransferRig.EntryAsync(http, "Inbox");
        await EndAsync(await OneDriveRig.TransferAsync(http, drive, null, inbox, null, "1damaged"), "failed");

        var plan = await _operator.PostAsync(
            "/api/transfers",
            new { source = new { items = new[] { projects } }, destination = new { connection = office, folder = "root" }, plan = true });
        await EndAsync(plan.GetProperty("id").GetString()!, "planned");

        var paused = await OneDriveRig.TransferAsync(http, null, folder, ".", new { bandwidth = "8k" }, projects);
        _ = await _operator.PostAsync($"/api/transfers/{paused}/pause", null);
        await EndAsync(paused, "paused");

        // A sign-in that has ended.
        await PutAsync("Signed/ended.bin", 700_000);
        var held = _storages.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "createUploadSession" }, FaultAction.Hold());
        var signIn = await OneDriveRig.TransferAsync(http, null, home, "root", null, await FileEntryAsync("Signed", "ended.bin"));
        await held.Reached.WaitAsync(Eventually.Limit);
        await _storages.ApplyAsync(new { kind = "revokeSignIn", account = OneDriveRig.Ben });
        _storages.Graph.Switches.Set("acceptAnyToken", false);
        held.Release();
        _ = await TransferRig.UntilAsync(http, signIn, "waiting");
        _facts.Transfers.Add(new KeptTransfer(signIn, "waiting", "done", home, OneDriveRig.Ben));

        await AddSchedulesAsync(projects, office, folder);
        await HoldAsync(drive, office, folder);
    }

    /// <summary>The content of the emulated Google Drive, which a test makes again after the upgrade.</summary>
    public static async Task SeedAsync(EmulatorHost drive) => _ = await drive.SeedAsync(new
    {
        account = TransferRig.Account,
        items = new[]
        {
            new
            {
                name = "imported.bin",
                id = ImportedId,
                base64 = Convert.ToBase64String(KeptFacts.Bytes(ImportedSeed, ImportedSize)),
                modified = new DateTimeOffset(2026, 11, 1, 8, 0, 0, TimeSpan.Zero),
            },
        },
    });

    private async Task AddSchedulesAsync(string projects, string office, string folder)
    {
        var toOffice = new { source = new { items = new[] { projects } }, destination = new { connection = office, folder = "root" } };
        _ = await _operator.PostAsync(
            "/api/schedules", new { title = "Every new year", cron = "0 0 1 1 *", timeZone = "Europe/Berlin", transfer = toOffice });
        var inbox = await TransferRig.EntryAsync(_operator.Http, "Inbox");
        _ = await _operator.PostAsync(
            "/api/schedules",
            new
            {
                title = "Inbox to the machine",
                arrival = new { },
                transfer = new { source = new { items = new[] { inbox } }, destination = new { connection = folder, folder = "." } },
            });
        _ = await _operator.PostAsync("/api/templates", new { title = "To the office", transfer = toOffice });
        _facts.Lists["/api/schedules"] = await NamesAsync("/api/schedules", "title");
        _facts.Lists["/api/templates"] = await NamesAsync("/api/templates", "title");
    }

    /// <summary>Three transfers whose third piece is on its way for as long as the service lives.</summary>
    private async Task HoldAsync(string drive, string office, string folder)
    {
        var http = _operator.Http;
        await PutAsync("Outgoing/outgoing.bin", 1_400_000);
        await PutAsync("Machine/machine.bin", 900_000);
        var download = _storages.Google.Drive.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = $"{ImportedId}.*alt=media", Nth = 3 }, FaultAction.Hold());
        var piece = _storages.Graph.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = 3 }, FaultAction.HoldReply());

        var target = await TransferRig.EntryAsync(http, "Inbox");
        var imported = await OneDriveRig.TransferAsync(http, drive, null, target, null, ImportedId);
        var exported = await OneDriveRig.TransferAsync(
            http, null, office, "root", null, await FileEntryAsync("Outgoing", "outgoing.bin"));
        var machine = await OneDriveRig.TransferAsync(
            http, null, folder, ".", new { bandwidth = "30k" }, await FileEntryAsync("Machine", "machine.bin"));
        await Task.WhenAll(download.Reached, piece.Reached).WaitAsync(Eventually.Limit);
        await Eventually.HoldsAsync(async () =>
            (await TransferRig.GetAsync(http, machine)).GetProperty("bytes").GetProperty("moved").GetInt64() > 0);
        _facts.Transfers.Add(new KeptTransfer(imported, "running", "done", drive, TransferRig.Account));
        _facts.Transfers.Add(new KeptTransfer(exported, "running", "done", office, OneDriveRig.Ann));
        _facts.Transfers.Add(new KeptTransfer(machine, "running", "done", null, null));
    }

    /// <summary>
    /// The id of a file in a folder. Only files are transferred to storages that the upgrade finds empty: a folder that a transfer has made
    /// there would be missing.
    /// </summary>
    private async Task<string> FileEntryAsync(string folder, string name) =>
        (await _operator.GetAsync($"/api/tree/{folder}/")).GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    private async Task EndAsync(string transfer, string state)
    {
        var ended = await TransferRig.UntilAsync(
            _operator.Http, transfer, "planned", "paused", "done", "partly_done", "failed", "cancelled");
        Assert.True(ended.GetProperty("state").GetString() == state, $"{ended}");
        _facts.Transfers.Add(new KeptTransfer(transfer, state, null, null, null));
    }
}
