using System.Text.Json;

namespace ChunkUpload.Demo;

/// <summary>
/// A person's connections to the emulated storages, pairs of their folders, and transfers in each state; one is always under way.
/// </summary>
internal sealed class SampleTransfers(Uri service, string password, Caller owner, Storages storages)
{
    public const string Drive = "google-drive";
    public const string OneDrive = "onedrive";

    /// <summary>Labels of the transfers that wait.</summary>
    public const string Withdrawn = "Borehole logs";

    public const string Refused = "Drone scan for Ben";

    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";

    private const int FilesBeforePause = 9;

    private static readonly TimeSpan BreakEvery = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly List<string> _settling = [];
    private string _drive = "";
    private string _office = "";
    private string _bucket = "";
    private string _disk = "";

    /// <summary>Signs Ben in to his Drive again.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Connects the accounts and makes what has ended, waits or is paused.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        // Connections are added in a browser session only; what follows needs no more than a key.
        using var person = await Caller.SignInAsync(service, owner.Name, password, owner.Network, Browser, cancellationToken);
        _drive = await ConnectAsync(person, Drive, Storages.Ann, "Ann's Drive", cancellationToken);
        _office = await ConnectAsync(person, OneDrive, Storages.Ann, "OneDrive of the office", cancellationToken);
        var home = await ConnectAsync(person, OneDrive, Storages.Ben, "Ben's OneDrive", cancellationToken);
        _bucket = await ConnectBucketAsync(person, cancellationToken);
        var withdrawn = await ConnectAsync(person, Drive, Storages.Ben, "Ben's Drive", cancellationToken);

        var album = await AddAsync("Wedding, for the album", (_drive, "Photos/2026 Wedding"), (_office, "Pictures"), cancellationToken);
        await PauseAsync(album, cancellationToken);
        var waits = await AddAsync(Withdrawn, (withdrawn, "Borehole logs"), (null, "Deliveries"), cancellationToken);
        var refused = await AddAsync(
            Refused, (_drive, "Projects/Harbour bridge/Drone scan.zip"), (home, "Documents"), cancellationToken);
        _settling.Add(await AddAsync("Handbook for the office", (null, "Handbook"), (_office, "Documents"), cancellationToken));
        _settling.Add(await AddAsync("Harbour bridge", (_drive, "Projects"), (null, "Deliveries"), cancellationToken));
        _settling.Add(await AddAsync("Tender lot 3", (_drive, "Tender lot 3"), (_office, "Documents"), cancellationToken));
        _settling.Add(await AddAsync(
            "Viewer for the laptops", (_drive, "Old installers/viewer-setup-2.1.exe"), (null, "Deliveries"), cancellationToken));

        await AddKeptAsync(cancellationToken);
        await AddOtherKindsAsync(cancellationToken);

        await new SamplePairs(owner).FillAsync(
            (_drive, await FindAsync(_drive, Storages.Diary, cancellationToken)),
            (_office, await FindAsync(_office, Storages.Diary, cancellationToken)), (_disk, Storages.Inspections), cancellationToken);

        await SettleAsync(waits, cancellationToken);
        await SettleAsync(refused, cancellationToken);
        Token = storages.SignIn(Drive, Storages.Ben);
    }

    /// <summary>Moves footage over a slow line that breaks, again and again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Together with the slow files they would take longer.
                foreach (var transfer in _settling)
                    await SettleAsync(transfer, cancellationToken);
                var footage = await AddAsync("Footage of the dives", (_drive, "Footage"), (_office, "Incoming"), cancellationToken);
                while (await StateAsync(footage, cancellationToken) is not ("done" or "partly_done" or "failed" or "cancelled"))
                {
                    await Task.Delay(BreakEvery, TimeProvider.System, cancellationToken);
                    storages.BreakOne();
                }

                await storages.RemoveFootageAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is DemoException or HttpRequestException)
            {
                // A person who tries the demo has removed a connection or a folder, or the service ends.
            }

            await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>A schedule, one that is set off by what arrives, and a template.</summary>
    private async Task AddKeptAsync(CancellationToken cancellationToken)
    {
        var handbook = await DraftAsync((null, "Handbook"), (_office, "Documents"), cancellationToken);
        _ = await owner.PostAsync(
            "api/schedules",
            new { title = "Handbook, every night", cron = "0 2 * * *", timeZone = "Europe/Berlin", transfer = handbook },
            cancellationToken);
        _ = await owner.PostAsync("api/templates", new { title = "Handbook for the office", transfer = handbook }, cancellationToken);
        var links = await owner.SendAsync(HttpMethod.Get, "api/links", null, cancellationToken);
        var guests = links.GetProperty("items").EnumerateArray()
            .Where(link => link.GetProperty("kind").GetString() == "upload").Select(link => $"link:{IdOf(link)}").ToArray();
        var deliveries = await DraftAsync((null, "Deliveries"), (_drive, "Photos"), cancellationToken);
        _ = await owner.PostAsync(
            "api/schedules",
            new { title = "Deliveries to Ann's Drive", arrival = new { others = guests }, transfer = deliveries },
            cancellationToken);
        using var note = new StringContent("Both cameras were cleaned on Monday.");
        _ = await owner.SendAsync(HttpMethod.Put, "api/tree/Deliveries/2026-10/note.txt?parents=true", note, cancellationToken);
    }

    /// <summary>From the web, to a folder of this machine, from a bucket and to it.</summary>
    private async Task AddOtherKindsAsync(CancellationToken cancellationToken)
    {
        var web = new
        {
            label = "Icons from the web",
            source = new { addresses = new[] { $"{service}console/icon-512.png", $"{service}console/icon-192.png" } },
            destination = new { folder = await FindAsync(null, "Handbook", cancellationToken) },
        };
        _settling.Add(IdOf(await owner.PostAsync("api/transfers", web, cancellationToken)));
        var known = await owner.SendAsync(HttpMethod.Get, "api/connections", null, cancellationToken);
        _disk = IdOf(known.GetProperty("items").EnumerateArray().First(one => one.GetProperty("kind").GetString() == "folder"));
        var draft = new
        {
            label = "Handbook to the archive disk",
            source = new { items = new[] { await FindAsync(null, "Handbook", cancellationToken) } },
            destination = new { connection = _disk, folder = "." },
        };
        _settling.Add(IdOf(await owner.PostAsync("api/transfers", draft, cancellationToken)));
        _settling.Add(await AddAsync(
            "Dives of 2026 from the archive", (_bucket, $"{Storages.Bucket}/2026"), (null, "Deliveries"), cancellationToken));
        _settling.Add(await AddAsync("Handbook to the archive", (null, "Handbook"), (_bucket, Storages.Bucket), cancellationToken));
    }

    private async Task<object> DraftAsync(
        (string? Connection, string Path) from, (string? Connection, string Path) to, CancellationToken cancellationToken) => new
        {
            source = new { connection = from.Connection, items = new[] { await FindAsync(from.Connection, from.Path, cancellationToken) } },
            destination = new { connection = to.Connection, folder = await FindAsync(to.Connection, to.Path, cancellationToken) },
        };

    private async Task<string> ConnectAsync(
        Caller person, string kind, string account, string title, CancellationToken cancellationToken)
    {
        var body = new { kind, title, refreshToken = storages.SignIn(kind, account), currentPassword = password };
        return IdOf(await person.PostAsync("api/connections", body, cancellationToken));
    }

    private async Task<string> ConnectBucketAsync(Caller person, CancellationToken cancellationToken)
    {
        var (id, secret) = Storages.BucketKey;
        var body = new
        {
            kind = "s3",
            title = "Survey archive",
            endpoint = storages.BucketAddress,
            region = "us-east-1",
            bucket = Storages.Bucket,
            accessKeyId = id,
            secretAccessKey = secret,
            currentPassword = password,
        };
        return IdOf(await person.PostAsync("api/connections", body, cancellationToken));
    }

    private async Task<string> AddAsync(
        string label, (string? Connection, string Path) from, (string? Connection, string Path) to, CancellationToken cancellationToken)
    {
        var items = new[] { await FindAsync(from.Connection, from.Path, cancellationToken) };
        var folder = await FindAsync(to.Connection, to.Path, cancellationToken);
        var body = new
        {
            label,
            source = new { connection = from.Connection, items },
            destination = new { connection = to.Connection, folder },
        };
        return IdOf(await owner.PostAsync("api/transfers", body, cancellationToken));
    }

    /// <summary>The id of a file or folder. Of the service's own ones, only folders are asked for.</summary>
    private async Task<string> FindAsync(string? connection, string path, CancellationToken cancellationToken)
    {
        if (connection is null)
        {
            var listed = await owner.SendAsync(HttpMethod.Get, $"api/tree/{path}/?limit=1", null, cancellationToken);
            return IdOf(listed.GetProperty("folder"));
        }

        var id = connection == _bucket ? "" : "root";
        foreach (var name in path.Split('/'))
        {
            var page = await owner.SendAsync(
                HttpMethod.Get, $"api/connections/{connection}/items?folder={Uri.EscapeDataString(id)}", null, cancellationToken);
            var found = page.GetProperty("items").EnumerateArray().FirstOrDefault(item => item.GetProperty("name").GetString() == name);
            id = found.ValueKind == JsonValueKind.Object ? IdOf(found) : throw new DemoException($"There is no {name} of {path}.");
        }

        return id;
    }

    /// <summary>Pauses a transfer when some of its files have arrived.</summary>
    private async Task PauseAsync(string transfer, CancellationToken cancellationToken)
    {
        long done;
        do
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            var now = await owner.SendAsync(HttpMethod.Get, $"api/transfers/{transfer}", null, cancellationToken);
            done = IsMoving(now.GetProperty("state").GetString()!)
                ? now.GetProperty("files").GetProperty("done").GetInt64()
                : FilesBeforePause;
        }
        while (done < FilesBeforePause);
        try
        {
            _ = await owner.PostAsync($"api/transfers/{transfer}/pause", null, cancellationToken);
        }
        catch (DemoException)
        {
            // It was faster, and is done.
        }
    }

    private static bool IsMoving(string state) => state is "queued" or "scanning" or "planned" or "running";

    /// <summary>Waits until a transfer has ended, waits or is paused.</summary>
    private async Task SettleAsync(string transfer, CancellationToken cancellationToken)
    {
        while (IsMoving(await StateAsync(transfer, cancellationToken)))
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
    }

    private async Task<string> StateAsync(string transfer, CancellationToken cancellationToken) =>
        (await owner.SendAsync(HttpMethod.Get, $"api/transfers/{transfer}", null, cancellationToken)).GetProperty("state").GetString()!;

    private static string IdOf(JsonElement thing) => thing.GetProperty("id").GetString()!;
}
