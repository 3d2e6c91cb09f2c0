using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Drive;
using ChunkUpload.Emulators.Graph;
using ChunkUpload.Emulators.S3;

namespace ChunkUpload.Demo;

/// <summary>Emulated accounts at Google Drive and OneDrive, and a bucket. They end with the demo.</summary>
internal sealed class Storages : IAsyncDisposable
{
    /// <summary>She works in an organization.</summary>
    public const string Ann = "ann@example.test";

    public const string Ben = "ben@example.test";

    public const string Bucket = "survey-archive";

    /// <summary>A folder of both accounts of Ann.</summary>
    public const string Diary = "Site diary";

    /// <summary>A folder of the disk.</summary>
    public const string Inspections = "Inspections";

    private const string Client = "demo";

    // Ids of files begin so; faults find them by it.
    private const string Slow = "1demoFootage";
    private const string Withdrawn = "1demoBorehole";

    private const string Footage = "Incoming/Footage";
    private const int SlowRate = 80_000;
    private const int BreakAfter = 200_000;

    // A little more than what is there from the start.
    private const long FullAt = 80 << 20;
    private const long Room = 5L << 30;

    private static readonly string[] DriveScopes = ["https://www.googleapis.com/auth/drive"];
    private static readonly string[] GraphScopes = ["Files.ReadWrite", "offline_access", "User.Read"];

    private readonly EmulatorHost _drive;
    private readonly EmulatorHost _graph;
    private readonly EmulatorHost _s3;
    private readonly GraphEmulator _emulator;
    private readonly string _disk;
    private readonly HttpClient _client = new();
    private int? _break;

    private Storages(EmulatorHost drive, EmulatorHost graph, EmulatorHost s3, GraphEmulator emulator, string disk) =>
        (_drive, _graph, _s3, _emulator, _disk) = (drive, graph, s3, emulator, disk);

    /// <summary>The settings of a service that uses them.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Connections:AllowPrivateNetworks"] = "true",
        ["Connections:Folders"] = $"Archive disk|{_disk}|both|everyone",
        ["Connections:Google:ClientId"] = Client,
        ["Connections:Google:ClientSecret"] = "secret",
        ["Connections:Google:ApiUrl"] = _drive.Address,
        ["Connections:Google:TokenUrl"] = $"{_drive.Address}/token",
        ["Connections:Google:AuthorizeUrl"] = $"{_drive.Address}/o/oauth2/v2/auth",
        ["Connections:Google:RevokeUrl"] = $"{_drive.Address}/revoke",
        ["Connections:Microsoft:ClientId"] = Client,
        ["Connections:Microsoft:ClientSecret"] = "secret",
        ["Connections:Microsoft:ApiUrl"] = $"{_graph.Address}/v1.0",
        ["Connections:Microsoft:LoginUrl"] = _graph.Address,
    };

    /// <summary>The address of the bucket.</summary>
    public string BucketAddress => _s3.Address;

    /// <summary>The key of the bucket.</summary>
    public static (string Id, string Secret) BucketKey => S3Signature.KeyOf(EmulatorOptions.UsualAccounts[0]);

    /// <summary>A request that gives Ben's OneDrive room again.</summary>
    public string MakeRoom =>
        $$$"""curl -s {{{_graph.Address}}}/_control/fault --json '{"action":{"kind":"quota","account":"{{{Ben}}}","bytes":{{{Room}}}}}'""";

    /// <param name="folder">Where they keep what is uploaded to them.</param>
    public static async Task<Storages> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var usual = new EmulatorOptions { Demo = true };
        var drive = StartAsync(new DriveEmulator(), "drive");
        var emulator = new GraphEmulator();
        var graph = StartAsync(emulator, "graph");
        var s3 = StartAsync(new S3Emulator(), "s3");
        var disk = Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName;
        _ = Directory.CreateDirectory(Path.Combine(disk, Inspections));
        var storages = new Storages(await drive, await graph, await s3, emulator, disk);
        await storages.SeedAsync(cancellationToken);
        storages.Break();
        return storages;

        Task<EmulatorHost> StartAsync(Emulator emulator, string name) => Task.Run(
            () => EmulatorHost.StartAsync(emulator, usual with { DataFolder = Path.Combine(folder, name) }, cancellationToken),
            cancellationToken);
    }

    /// <summary>A refresh token, as a person's sign-in gives it.</summary>
    public string SignIn(string kind, string account)
    {
        var (host, scopes) = kind == SampleTransfers.Drive ? (_drive, DriveScopes) : (_graph, GraphScopes);
        var person = EmulatorOptions.UsualAccounts.First(one => one.Email == account);
        var issued = JsonSerializer.SerializeToElement(host.OAuth.Issue(Client, person, scopes, withRefresh: true).Body);
        return issued.GetProperty("refresh_token").GetString()!;
    }

    /// <summary>Breaks one of the slow downloads.</summary>
    public void BreakOne()
    {
        if (_break is { } former)
            _drive.Faults.Remove(former);
        _break = _drive.Faults.Add(SlowDownload(1), FaultAction.ResetAfter(BreakAfter, "response")).Id;
    }

    /// <summary>Deletes the footage that has arrived: a demo that runs for days must not fill the disk.</summary>
    public async Task RemoveFootageAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"{_graph.Address}/v1.0/me/drive/root:/{Footage}");
        request.Headers.Authorization = new("Bearer", "tok-ann");
        using var deleted = await _client.SendAsync(request, cancellationToken);
        var bin = $"{_graph.Address}/_control/graph/recycle-bin/empty?account={Ann}";
        using var emptied = await _client.PostAsync(new Uri(bin), null, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _drive.DisposeAsync();
        await _graph.DisposeAsync();
        await _s3.DisposeAsync();
    }

    private static FaultMatch SlowDownload(int times) => new() { PathRegex = $"{Slow}.*alt=media", Times = times };

    private async Task SeedAsync(CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        _ = await _drive.SeedAsync(
            new
            {
                account = Ann,
                items = new object[]
                {
                    Folder(
                        "Footage",
                        [
                            .. Enumerable.Range(1, 22).Select(n => File($"still_{n:D2}.jpg", 640_000 + (n * 7919L * 37 % 900_000))),
                            File("dive-07_camera-a.mov", 88_000_000, Slow + 1), File("dive-07_camera-b.mov", 71_400_000, Slow + 2),
                            File("dive-08_camera-a.mov", 52_900_000, Slow + 3), File("dive-08_sonar.xtf", 64_200_000, Slow + 4),
                            File("dive-08_track.gpx", 1_900_000, Slow + 5),
                        ]),
                    Folder(
                        "Tender lot 3", File("drawings.pdf", 2_140_000), File("bill of quantities.csv", 318_000),
                        File("schedule.pdf", 702_000), File("estimate-tool.xlsm", 244_000, abusive: true)),
                    Folder(
                        Diary, Text("2026-10-05.txt", "Pile 14 driven to 22 m."), Text("2026-10-06.txt", "No work: wind."),
                        Text("2026-10-07.txt", "Pile 15 driven, pile 16 begun."), Text("2026-10-08.txt", "Pile 16 driven."),
                        Text("contacts.txt", "Ann 21, Ben 34, crane 50.")),
                    Folder("Old installers", File("viewer-setup-2.1.exe", 4_410_000, abusive: true)),
                },
            },
            cancellationToken);
        _ = await _drive.SeedAsync(
            new
            {
                account = Ben,
                items = new[]
                {
                    Folder(
                        "Borehole logs", File("bh-01.las", 812_000, Withdrawn + 1), File("bh-02.las", 944_000, Withdrawn + 2),
                        File("bh-03.las", 1_270_000, Withdrawn + 3)),
                },
            },
            cancellationToken);
        _ = await _graph.SeedAsync(
            new
            {
                account = Ann,
                items = new object[]
                {
                    new { path = "Incoming", folder = true },
                    // Other contents than those in Drive.
                    new { path = $"{Diary}/2026-10-07.txt", text = "Pile 15 driven. Pile 16 stands at 9 m.", modified = now.AddDays(-1) },
                    new { path = $"{Diary}/2026-10-08.txt", text = "Pile 16 driven to 21 m.", modified = now.AddDays(-1) },
                    new { path = $"{Diary}/contacts.txt", text = "Ann 21, Ben 34, crane 51.", modified = now.AddHours(-5) },
                    new { path = $"{Diary}/2026-10-09.txt", text = "Pile 17 begun.", modified = now.AddHours(-4) },
                },
            },
            cancellationToken);

        object Folder(string name, params object[] items) => new { name, items, modified = now.AddDays(-2) };

        object Text(string name, string text) => new { name, text, modified = now.AddDays(-2) };

        object File(string name, long size, string? id = null, bool abusive = false) =>
            new { name, size, id, abusive, modified = now.AddDays(-3).AddMinutes(-(size % 500)) };
    }

    /// <summary>Slows the footage down, fills Ben's OneDrive, and lets the sign-in to his Drive end with the first download.</summary>
    private void Break()
    {
        _ = _drive.Faults.Add(SlowDownload(0), new FaultAction { Kind = "throttle", BytesPerSec = SlowRate, Of = "response" });
        _ = _drive.Faults.Add(
            new FaultMatch { PathRegex = $"{Withdrawn}.*alt=media" }, new FaultAction { Kind = "revokeSignIn", Account = Ben });
        _emulator.SetQuota(Ben, FullAt);
    }
}
