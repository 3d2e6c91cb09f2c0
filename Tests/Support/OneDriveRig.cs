using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using ChunkUpload.Client;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Support;

/// <summary>Emulated Microsoft accounts beside the Google ones of a <see cref="TransferRig"/>.</summary>
internal sealed partial class OneDriveRig : IAsyncDisposable
{
    /// <summary>An organization's drive.</summary>
    public const string Ann = "ann@example.test";

    /// <summary>A personal drive.</summary>
    public const string Ben = "ben@example.test";

    private const string Redirect = "http://127.0.0.1:1/callback";

    private readonly GraphEmulator _emulator;

    private OneDriveRig(TransferRig google, GraphEmulator emulator, EmulatorHost graph) =>
        (Google, _emulator, Graph) = (google, emulator, graph);

    public TransferRig Google { get; }

    public EmulatorHost Graph { get; }

    /// <summary>What a service needs to use both emulators.</summary>
    public Dictionary<string, string> Settings => new(Google.Settings)
    {
        ["Connections:Microsoft:ClientId"] = "the-application",
        ["Connections:Microsoft:ClientSecret"] = "the-secret",
        ["Connections:Microsoft:ApiUrl"] = Graph.Address + "/v1.0",
        ["Connections:Microsoft:LoginUrl"] = Graph.Address,
        ["Connections:Microsoft:AccountLimit"] = "0",
    };

    /// <param name="discards">Whether OneDrive hashes and discards the content that it receives.</param>
    /// <param name="content">The address of upload sessions and downloads; <c>null</c> for a free port.</param>
    public static async Task<OneDriveRig> StartAsync(bool discards = false, string? content = null)
    {
        var emulator = new GraphEmulator();
        const string free = "http://127.0.0.1:0";
        var options = new EmulatorOptions { Sink = discards, Urls = [free, content ?? free] };
        var graph = await EmulatorHost.StartAsync(emulator, options);
        return new OneDriveRig(await TransferRig.StartAsync(), emulator, graph);
    }

    public GraphDrive DriveOf(string account) => _emulator.State.DriveOf(account)!;

    public GraphDrive Library => _emulator.State.Library;

    /// <summary>A refresh token, as a person's sign-in gives it.</summary>
    public async Task<string> SignInAsync(string account)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(Graph.Address) };
        const string page = "/common/oauth2/v2.0/authorize";
        var shown = await client.GetStringAsync(
            $"{page}?client_id=the-application&response_type=code&redirect_uri={Uri.EscapeDataString(Redirect)}"
            + "&scope=Files.ReadWrite%20offline_access%20User.Read");
        using var decided = await client.PostAsync(page, new FormUrlEncodedContent(new List<KeyValuePair<string, string>>
        {
            new("request", HiddenField().Match(shown).Groups[1].Value),
            new("account", account),
            new("scope", "Files.ReadWrite"),
            new("scope", "offline_access"),
            new("scope", "User.Read"),
            new("decision", "allow"),
        }));
        Assert.Equal(HttpStatusCode.Redirect, decided.StatusCode);
        var code = HttpUtility.ParseQueryString(decided.Headers.Location!.Query)["code"]!;
        using var issued = await client.PostAsync("/common/oauth2/v2.0/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["client_id"] = "the-application",
            ["client_secret"] = "the-secret",
            ["redirect_uri"] = Redirect,
        }));
        return (await issued.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("refresh_token").GetString()!;
    }

    public async Task<string> ConnectAsync(HttpClient service, string account)
    {
        using var answer = await service.PostAsJsonAsync(
            "/api/connections", new { kind = "onedrive", title = "OneDrive", refreshToken = await SignInAsync(account) });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    /// <param name="source">Null means the service's own files.</param>
    /// <param name="destination">Null means the service's own files.</param>
    public static async Task<string> TransferAsync(
        HttpClient service, string? source, string? destination, string folder, object? options, params string[] items)
    {
        using var answer = await service.PostAsJsonAsync("/api/transfers", new
        {
            label = "test",
            source = new { connection = source, items },
            destination = new { connection = destination, folder },
            options,
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    /// <summary>Returns the id of the item at a path below one of the root folders of a connection.</summary>
    public static async Task<string> FindAsync(HttpClient service, string connection, string place, params string[] names)
    {
        var folder = place;
        foreach (var name in names)
        {
            var items = new List<JsonElement>();
            for (string? cursor = ""; cursor is not null;)
            {
                var page = await service.GetFromJsonAsync<JsonElement>(
                    $"/api/connections/{connection}/items?folder={Uri.EscapeDataString(folder)}"
                    + (cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(cursor)}" : ""));
                items.AddRange(page.GetProperty("items").EnumerateArray());
                cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            }

            folder = items.Single(item => item.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;
        }

        return folder;
    }

    /// <summary>The files of a drive by path, with their SHA-256.</summary>
    public static async Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync(GraphDrive drive)
    {
        var found = new List<(string, string)>();
        foreach (var item in drive.All().Where(item => item.Content is not null))
        {
            var bytes = new byte[item.Content!.Size];
            try
            {
                for (var at = 0; at < bytes.Length;)
                    at += await item.Content.Data.ReadAsync(at, bytes.AsMemory(at), CancellationToken.None);
            }
            catch (FileNotFoundException) when (drive.All().All(other => other.Content != item.Content))
            {
                // It was deleted meanwhile.
                continue;
            }

            found.Add((item.PathInDrive().TrimStart('/'), Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }

        return [.. found.Order()];
    }

    /// <summary>The files below a folder of the service's shared space, read as a client reads them.</summary>
    public static async Task<IReadOnlyList<(string Path, string Sha256)>> OwnFilesAsync(HttpClient service, string folder)
    {
        using var client = ClientOf(service);
        var found = new List<(string, string)>();
        await foreach (var entry in client.ListAsync(folder, recursive: true).Where(entry => entry.Kind == "file"))
        {
            try
            {
                found.Add((entry.Path[(folder.Length + 1)..], (await client.DownloadAsync(entry.Id, Stream.Null)).Sha256));
            }
            catch (TransferException gone) when (gone.Code == "no_entry")
            {
                // It was removed meanwhile.
            }
        }

        return [.. found.Order()];
    }

    /// <summary>Returns a client of the client library with the key of an HTTP client.</summary>
    public static ChunkUploadClient ClientOf(HttpClient service) =>
        new(new() { Service = service.BaseAddress!, Key = service.DefaultRequestHeaders.Authorization?.Parameter });

    /// <summary>A new folder of the shared space.</summary>
    public static async Task<string> MakeFolderAsync(HttpClient service, string name)
    {
        await TransferRig.PutAsync(service, $"{name}/first.txt", [1]);
        using var removed = await service.DeleteAsync($"/api/tree/{name}/first.txt");
        Assert.True(removed.IsSuccessStatusCode, $"{(int)removed.StatusCode}");
        return await TransferRig.EntryAsync(service, name);
    }

    public async Task ApplyAsync(object action)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{Graph.Address}/_control/fault", new { action });
        Assert.True(answer.IsSuccessStatusCode);
    }

    /// <summary>Puts a file into a drive without the service.</summary>
    public async Task<string> SeedAsync(string account, string path, byte[] bytes)
    {
        _ = await Graph.SeedAsync(new { account, items = new[] { new { path, base64 = Convert.ToBase64String(bytes) } } });
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await Graph.DisposeAsync();
        await Google.DisposeAsync();
    }

    [GeneratedRegex("name=\"?request\"?[^>]*value=\"?([^\" >]+)")]
    private static partial Regex HiddenField();
}
