using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Tests.Support;

/// <summary>One transfer of the chain, with the emulators that observe it.</summary>
/// <param name="Source">The emulator that is read from; null means the service itself.</param>
/// <param name="Sink">The emulator that is written to; null means the service itself, or a folder.</param>
internal sealed record ChainHop(string Name, EmulatorHost? Source, EmulatorHost? Sink);

/// <summary>Five places in a row, each filled from the one before: Drive, OneDrive, S3, the service's own files, a local folder.</summary>
internal sealed class ChainRig : IAsyncDisposable
{
    private readonly TempFolder _disk = new();
    private string _google = "", _microsoft = "", _s3 = "", _folder = "", _own = "";

    private ChainRig(OneDriveRig clouds, S3Rig store) => (Clouds, Store) = (clouds, store);

    public OneDriveRig Clouds { get; }

    public S3Rig Store { get; }

    public string Disk => _disk.Path;

    public ChainTree Tree { get; private set; } = null!;

    public IReadOnlyList<ChainHop> Hops =>
    [
        new("Drive to OneDrive", Clouds.Google.Drive, Clouds.Graph), new("OneDrive to S3", Clouds.Graph, Store.Host),
        new("S3 to own files", Store.Host, null), new("own files to a folder", null, null),
    ];

    public Dictionary<string, string> Settings => new(Clouds.Settings)
    {
        ["Transfers:PieceSize"] = "1MiB",
        ["Connections:Folders"] = $"Disk|{Disk}|both|operator",
    };

    public static async Task<ChainRig> StartAsync(int files, long largest)
    {
        var rig = new ChainRig(await OneDriveRig.StartAsync(), await S3Rig.StartAsync());
        rig.Tree = await ChainTree.SeedAsync(rig.Clouds.Google, files, largest);
        return rig;
    }

    public async Task ConnectAsync(HttpClient service)
    {
        _google = await Clouds.Google.ConnectAsync(service);
        _microsoft = await Clouds.ConnectAsync(service, OneDriveRig.Ann);
        _s3 = await Store.ConnectAsync(service);
        _own = await OneDriveRig.MakeFolderAsync(service, "own");
        var list = await service.GetFromJsonAsync<JsonElement>("/api/connections");
        _folder = list.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("title").GetString() == "Disk")
            .GetProperty("id").GetString()!;
    }

    /// <summary>Begins the transfer of a hop.</summary>
    public async Task<string> BeginAsync(HttpClient service, int hop) => hop switch
    {
        0 => await OneDriveRig.TransferAsync(
            service, _google, _microsoft, "root", null, await OneDriveRig.FindAsync(service, _google, "root", ChainTree.Name)),
        1 => await OneDriveRig.TransferAsync(
            service, _microsoft, _s3, "root", null, await OneDriveRig.FindAsync(service, _microsoft, "root", ChainTree.Name)),
        2 => await OneDriveRig.TransferAsync(service, _s3, null, _own, null, $"{S3Rig.Bucket}/{ChainTree.Name}/"),
        _ => await OneDriveRig.TransferAsync(
            service, null, _folder, ".", null, await TransferRig.EntryAsync(service, $"own/{ChainTree.Name}")),
    };

    /// <summary>Returns the files at the destination of a hop.</summary>
    public async Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync(HttpClient service, int hop) => hop switch
    {
        0 => await OneDriveRig.FilesAsync(Clouds.DriveOf(OneDriveRig.Ann)),
        1 => await Store.FilesAsync(),
        2 => await OneDriveRig.OwnFilesAsync(service, "own"),
        _ => FilesIn(Disk),
    };

    /// <summary>Returns the number of files in the folder, including incomplete ones.</summary>
    public int FilesOnDisk() => Directory.EnumerateFiles(Disk, "*", Everything).Count();

    public DateTimeOffset TimeOnDisk(string path) => File.GetLastWriteTimeUtc(Path.Combine(Disk, path));

    /// <summary>Every item of a transfer, from its report.</summary>
    public static async Task<IReadOnlyList<JsonElement>> ReportAsync(HttpClient service, string transfer) =>
    [
        .. (await service.GetStringAsync($"/api/transfers/{transfer}/report?format=json"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)),
    ];

    public static async Task<IReadOnlyList<(string Kind, string? Item, string? Text)>> StoryAsync(HttpClient service, string transfer)
    {
        var story = new List<(string, string?, string?)>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await service.GetFromJsonAsync<JsonElement>(
                $"/api/transfers/{transfer}/events?limit=200" + (cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(cursor)}" : ""));
            story.AddRange(page.GetProperty("items").EnumerateArray().Select(one => (
                one.GetProperty("kind").GetString()!, one.GetProperty("item").GetString(), one.GetProperty("text").GetString())));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        return story;
    }

    public async ValueTask DisposeAsync()
    {
        await Clouds.DisposeAsync();
        await Store.DisposeAsync();
        _disk.Dispose();
    }

    private static EnumerationOptions Everything => new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    private static List<(string Path, string Sha256)> FilesIn(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", Everything)
            .Select(path => (Path.GetRelativePath(folder, path), Hash(path))).Order(),
    ];

    private static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
