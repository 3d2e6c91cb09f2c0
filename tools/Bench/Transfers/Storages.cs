using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;

namespace ChunkUpload.Bench.Transfers;

/// <summary>
/// Emulated Google Drive and S3, as processes of their own. Google's names lead to them, with a certificate that the clients trust: the
/// script prepares both in a network namespace.
/// </summary>
internal sealed partial class Storages : IAsyncDisposable
{
    public const string DriveUrl = "https://www.googleapis.com";
    public const string TokenUrl = "https://oauth2.googleapis.com/token";
    public const string Bucket = "box";

    private const string Redirect = "http://127.0.0.1:1/callback";
    private const string Account = "ann@example.test";

    private readonly List<Process> _processes = [];
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false });

    private Storages(string certificate) => Certificate = certificate;

    public string Certificate { get; }

    public string S3Url { get; private set; } = "";

    public string KeyId { get; private set; } = "";

    public string KeySecret { get; private set; } = "";

    public static async Task<Storages> StartAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var certificate = Environment.GetEnvironmentVariable("SSL_CERT_FILE")
            ?? throw new BenchException("Start it with tools/Bench/bench, which makes a network namespace and a certificate.");
        var storages = new Storages(certificate);
        try
        {
            var program = Path.Combine(options.Root, "tools/Emulators/bin/Release/net10.0/ChunkUpload.Emulators.dll");
            _ = await storages.StartAsync(
                [program, "drive", "--urls", "https://127.0.0.1:443", "--certificate", certificate, "--key", certificate],
                cancellationToken);
            storages.S3Url = await storages.StartAsync([program, "s3", "--urls", "http://127.0.0.1:0"], cancellationToken);
            var keys = await storages._client.GetFromJsonAsync<JsonElement>($"{storages.S3Url}/_control/s3/keys", cancellationToken);
            storages.KeyId = keys[0].GetProperty("id").GetString()!;
            storages.KeySecret = keys[0].GetProperty("secret").GetString()!;
            await storages.PostAsync(storages.S3Url, "seed", new { bucket = Bucket }, cancellationToken);
            // What arrives is hashed and thrown away, so that the disk is not what is measured.
            await storages.PostAsync(storages.S3Url, "switches", new { sink = true }, cancellationToken);
            await storages.PostAsync(DriveUrl, "switches", new { sink = true }, cancellationToken);
            return storages;
        }
        catch
        {
            await storages.DisposeAsync();
            throw;
        }
    }

    /// <summary>A folder of generated files in Drive; its id is its name.</summary>
    public Task SeedDriveAsync(string folder, int files, long size, CancellationToken cancellationToken) => PostAsync(
        DriveUrl, "seed",
        new { items = new[] { new { name = folder, id = folder, items = Files(files).Select(file => new { name = file, size }) } } },
        cancellationToken);

    public Task SeedS3Async(string folder, int files, long size, CancellationToken cancellationToken) => PostAsync(
        S3Url, "seed", new { bucket = Bucket, objects = Files(files).Select(file => new { key = $"{folder}/{file}", size }) },
        cancellationToken);

    /// <summary>Holds what comes out of Drive and what goes into S3 to so many bytes a second.</summary>
    public async Task ThrottleAsync(long bytesPerSec, CancellationToken cancellationToken)
    {
        var action = new { kind = "throttle", bytesPerSec };
        await PostAsync(DriveUrl, "fault", new { match = new { pathRegex = "alt=media", times = 0 }, action }, cancellationToken);
        await PostAsync(S3Url, "fault", new { match = new { method = "PUT", times = 0 }, action }, cancellationToken);
    }

    /// <summary>A refresh token, as a person's sign-in gives it.</summary>
    public async Task<string> SignInAsync(CancellationToken cancellationToken)
    {
        const string page = DriveUrl + "/o/oauth2/v2/auth";
        const string scope = "https://www.googleapis.com/auth/drive";
        var shown = await _client.GetStringAsync(
            $"{page}?client_id=bench&response_type=code&access_type=offline&prompt=consent&redirect_uri={Uri.EscapeDataString(Redirect)}"
            + $"&scope={Uri.EscapeDataString(scope)}", cancellationToken);
        using var decided = await _client.PostAsync(new Uri(page), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["request"] = HiddenField().Match(shown).Groups[1].Value,
            ["account"] = Account,
            ["scope"] = scope,
            ["decision"] = "allow",
        }), cancellationToken);
        var code = HttpUtility.ParseQueryString(decided.Headers.Location?.Query ?? "")["code"]
            ?? throw new BenchException($"The emulated sign-in answered {(int)decided.StatusCode}.");
        using var issued = await _client.PostAsync(new Uri(TokenUrl), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["client_id"] = "bench",
            ["client_secret"] = "bench",
            ["redirect_uri"] = Redirect,
        }), cancellationToken);
        var tokens = await issued.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return tokens.GetProperty("refresh_token").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _client.Dispose();
    }

    private static IEnumerable<string> Files(int count) => Enumerable.Range(0, count).Select(number => $"file {number:0000}.bin");

    private async Task<string> StartAsync(string[] command, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true })!;
        _processes.Add(process);
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new BenchException("An emulator ended before it served.");
        return line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
    }

    private async Task PostAsync(string address, string what, object body, CancellationToken cancellationToken)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri($"{address}/_control/{what}"), body, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new BenchException($"{what}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
    }

    [GeneratedRegex("name=\"?request\"?[^>]*value=\"?([^\" >]+)")]
    private static partial Regex HiddenField();
}
