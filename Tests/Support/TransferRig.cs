using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Drive;

namespace ChunkUpload.Tests.Support;

/// <summary>Emulated Google accounts, and the calls with which a test connects and transfers.</summary>
internal sealed partial class TransferRig : IAsyncDisposable
{
    public const string Account = "ann@example.test";

    private const string Redirect = "http://127.0.0.1:1/callback";

    private TransferRig(EmulatorHost drive) => Drive = drive;

    public EmulatorHost Drive { get; }

    /// <summary>What a service needs to use the emulator.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["Connections:AllowPrivateNetworks"] = "true",
        ["Connections:Google:ClientId"] = "the-client",
        ["Connections:Google:ClientSecret"] = "the-secret",
        ["Connections:Google:ApiUrl"] = Drive.Address,
        ["Connections:Google:TokenUrl"] = Drive.Address + "/token",
        ["Connections:Google:RevokeUrl"] = Drive.Address + "/revoke",
        ["Connections:Google:AccountLimit"] = "0",
        ["Connections:Google:AppLimit"] = "0",
        ["Transfers:PieceSize"] = "256KiB",
    };

    public static async Task<TransferRig> StartAsync() => new(await EmulatorHost.StartAsync(new DriveEmulator(), new EmulatorOptions()));

    /// <summary>Returns pseudorandom bytes, which are the same for the same seed.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> counter = stackalloc byte[8];
        for (var at = 0; at < length; at += block.Length)
        {
            BitConverter.TryWriteBytes(counter, ((long)seed << 40) + at);
            SHA256.HashData(counter, block);
            block[..Math.Min(block.Length, length - at)].CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }

    /// <summary>A refresh token, as a person's sign-in gives it.</summary>
    public async Task<string> SignInAsync()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(Drive.Address) };
        var page = await client.GetStringAsync(
            "/o/oauth2/v2/auth?client_id=the-client&response_type=code&access_type=offline&prompt=consent"
            + $"&redirect_uri={Uri.EscapeDataString(Redirect)}&scope={Uri.EscapeDataString("https://www.googleapis.com/auth/drive")}");
        using var decided = await client.PostAsync("/o/oauth2/v2/auth", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["request"] = HiddenField().Match(page).Groups[1].Value,
            ["account"] = Account,
            ["scope"] = "https://www.googleapis.com/auth/drive",
            ["decision"] = "allow",
        }));
        Assert.Equal(HttpStatusCode.Redirect, decided.StatusCode);
        var code = HttpUtility.ParseQueryString(decided.Headers.Location!.Query)["code"]!;
        using var issued = await client.PostAsync("/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["client_id"] = "the-client",
            ["client_secret"] = "the-secret",
            ["redirect_uri"] = Redirect,
        }));
        var tokens = await issued.Content.ReadFromJsonAsync<JsonElement>();
        return tokens.GetProperty("refresh_token").GetString()!;
    }

    public async Task<string> ConnectAsync(HttpClient service)
    {
        using var answer = await service.PostAsJsonAsync(
            "/api/connections", new { kind = "google-drive", title = "Drive", refreshToken = await SignInAsync() });
        return (await ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    public static async Task<string> PutAsync(HttpClient service, string path, byte[] bytes)
    {
        using var content = new ByteArrayContent(bytes);
        using var answer = await service.PutAsync(
            $"/api/tree/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?parents=true", content);
        return (await ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    /// <summary>The entry of a folder or a file of the shared space.</summary>
    public static async Task<string> EntryAsync(HttpClient service, string path)
    {
        var list = await service.GetFromJsonAsync<JsonElement>($"/api/tree/{path}/");
        return list.GetProperty("folder").GetProperty("id").GetString()!;
    }

    public static async Task<JsonElement> TransferAsync(HttpClient service, string connection, object? options, params string[] items)
    {
        using var answer = await service.PostAsJsonAsync(
            "/api/transfers", new { label = "test", source = new { items }, destination = new { connection, folder = "root" }, options });
        return await ReadAsync(answer, 201);
    }

    public static async Task<JsonElement> GetAsync(HttpClient service, string transfer) =>
        await service.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}");

    /// <summary>Waits until the transfer is in one of these states; fails after a minute in which nothing has moved.</summary>
    public static async Task<JsonElement> UntilAsync(HttpClient service, string transfer, params string[] states)
    {
        JsonElement now = default;
        var moved = "";
        for (var left = 1200; left > 0; left--)
        {
            now = await GetAsync(service, transfer);
            if (states.Contains(now.GetProperty("state").GetString()))
                return now;
            var sum = $"{now.GetProperty("bytes")}{now.GetProperty("files")}";
            (left, moved) = (sum == moved ? left : 1200, sum);
            await Task.Delay(50);
        }

        var items = await service.GetStringAsync($"/api/transfers/{transfer}/items?limit=200");
        var events = await service.GetStringAsync($"/api/transfers/{transfer}/events?limit=200");
        Assert.Fail($"{now}\n{items}\n{events}");
        return now;
    }

    /// <summary>The files that the account has, as the emulator shows them: by path, with their SHA-256.</summary>
    public async Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync()
    {
        using var client = new HttpClient { BaseAddress = new Uri(Drive.Address) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", "tok-ann");
        var found = new List<(string, string)>();
        await WalkAsync("root", "");
        return found;

        async Task WalkAsync(string folder, string prefix)
        {
            for (string? cursor = ""; cursor is not null;)
            {
                var page = await client.GetFromJsonAsync<JsonElement>(
                    $"/drive/v3/files?q={Uri.EscapeDataString($"'{folder}' in parents and trashed = false")}&pageSize=1000"
                    + "&fields=nextPageToken,files(id,name,mimeType,sha256Checksum)" + (cursor.Length > 0 ? $"&pageToken={cursor}" : ""));
                foreach (var file in page.GetProperty("files").EnumerateArray())
                {
                    var path = $"{prefix}{file.GetProperty("name").GetString()}";
                    if (file.GetProperty("mimeType").GetString() == "application/vnd.google-apps.folder")
                        await WalkAsync(file.GetProperty("id").GetString()!, path + "/");
                    else if (file.TryGetProperty("sha256Checksum", out var sha256))
                        found.Add((path, sha256.GetString()!));
                }

                cursor = page.TryGetProperty("nextPageToken", out var next) ? next.GetString() : null;
            }
        }
    }

    public ValueTask DisposeAsync() => Drive.DisposeAsync();

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    [GeneratedRegex("name=\"?request\"?[^>]*value=\"?([^\" >]+)")]
    private static partial Regex HiddenField();
}
