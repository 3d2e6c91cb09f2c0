using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Demo;

/// <summary>Tenants, people, files and everything else that an operator sets up, made by the API.</summary>
internal sealed class SampleData(Uri service, string key, string password, string root, Uri receiver)
{
    public const string Operator = "mara";

    private const string Chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
    private const string Firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0";
    private const string Phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        + "Version/19.1 Mobile/15E148 Safari/604.1";

    private static readonly string[] Own = ["upload", "read", "list", "delete", "transfers", "projects"];
    private static readonly string[] Sending = ["upload"];
    private static readonly string[] Reading = ["read", "list"];

    /// <summary>Names to sign in with, all with the same password, from the one with most rights to the one with fewest.</summary>
    public static IReadOnlyList<(string Name, string Role)> SignIns { get; } =
        [(Operator, "operator"), ("jun", "administrator"), ("ines", "member"), ("tomas", "viewer, who only looks")];

    private readonly Caller _operator = Caller.WithKey(service, key, "operator key", "127.0.0.1", "curl/8.14.1");

    /// <summary>The page on which guests send files, once there is one.</summary>
    public Uri? GuestPage { get; private set; }

    /// <returns>Those who send files: people with keys of their own, and a camera.</returns>
    public async Task<IReadOnlyList<Caller>> FillAsync(CancellationToken cancellationToken)
    {
        await AddTenantsAsync(cancellationToken);
        await AddUserAsync(Operator, "Mara Lindqvist", "admin", true, cancellationToken);
        await AddUserAsync("jun", "Jun Watanabe", "admin", false, cancellationToken);
        await AddUserAsync("ines", "Ines Okafor", "member", false, cancellationToken);
        await AddUserAsync("karl", "Karl Berg", "member", false, cancellationToken);
        await AddUserAsync("tomas", "Tomás Oliveira", "viewer", false, cancellationToken);
        _ = await _operator.PostAsync("api/users", new { name = "leni", displayName = "Leni Vogt", role = "viewer" }, cancellationToken);
        var people = new List<Caller>();
        foreach (var (name, network, browser) in ((string, string, string)[])
            [(Operator, "203.0.113.14", Chrome), ("jun", "198.51.100.7", Firefox), ("ines", "192.0.2.40", Phone),
                ("karl", "203.0.114.99", Firefox)])
        {
            people.Add(await SignedInAsync(name, network, browser, cancellationToken));
        }

        var camera = await _operator.PostAsync(
            "api/keys", new { name = "survey camera", kind = "tenant", scopes = Sending, days = 365 }, cancellationToken);
        people.Add(Caller.WithKey(
            service, camera.GetProperty("secret").GetString()!, "survey camera", "198.18.4.9", "SurveyCam/2.3",
            $"key:{camera.GetProperty("key").GetProperty("id").GetString()}"));
        _ = await _operator.PostAsync(
            "api/keys", new { name = "backup of the office", kind = "tenant", scopes = Reading }, cancellationToken);
        await AddFilesAsync(people, cancellationToken);
        GuestPage = await AddLinksAsync(people[1], people[2], cancellationToken);
        await AddLimitsAsync(cancellationToken);
        await AddWebhooksAsync(cancellationToken);
        return people;
    }

    private async Task AddTenantsAsync(CancellationToken cancellationToken)
    {
        _ = await _operator.SendAsync(HttpMethod.Patch, "api/tenants/default", new { title = "Nordkai Survey" }, cancellationToken);
        foreach (var (name, title) in ((string, string)[])[("harbour-archive", "Harbour archive"), ("film", "Lichtung Film")])
            _ = await _operator.PostAsync("api/tenants", new { name, title }, cancellationToken);
    }

    private async Task AddUserAsync(string name, string displayName, string role, bool isOperator, CancellationToken cancellationToken)
    {
        var user = new { name, displayName, email = $"{name}@nordkai.example", role, password, isOperator };
        _ = await _operator.PostAsync("api/users", user, cancellationToken);
    }

    /// <summary>Signs a person in and has them make a key for their programs.</summary>
    private async Task<Caller> SignedInAsync(string name, string network, string browser, CancellationToken cancellationToken)
    {
        using var person = await Caller.SignInAsync(service, name, password, network, browser, cancellationToken);
        var made = await person.PostAsync(
            "api/keys", new { name = $"{name}'s laptop", kind = "own", scopes = Own, currentPassword = password }, cancellationToken);
        return Caller.WithKey(service, made.GetProperty("secret").GetString()!, name, network, browser, person.Subject);
    }

    /// <summary>Looks at stored files for as long as a person looks at the demo, and lets another job rest.</summary>
    public async Task StartJobsAsync(CancellationToken cancellationToken)
    {
        _ = await _operator.PostAsync("api/jobs/scrub-files/run", null, cancellationToken);
        _ = await _operator.PostAsync("api/jobs/remove-tenants/pause", null, cancellationToken);
    }

    private async Task AddFilesAsync(List<Caller> people, CancellationToken cancellationToken)
    {
        var (first, second) = (people[1], people[2]);
        // Files with a preview: the project's own documents.
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "docs")).Append(Path.Combine(root, "README.md")))
        {
            await using var content = File.OpenRead(file);
            await PutAsync(first, $"Handbook/{Path.GetFileName(file)}", new StreamContent(content), 3, cancellationToken);
        }

        await AddProjectsAsync(people, cancellationToken);
        var space = await second.PostAsync("api/spaces", new { name = "Field team" }, cancellationToken);
        var members = $"api/spaces/{space.GetProperty("id").GetString()}/members/{Uri.EscapeDataString(first.Subject)}";
        _ = await second.SendAsync(HttpMethod.Put, members, new { canChange = true }, cancellationToken);
    }

    /// <summary>Each with its uploader (of <paramref name="people"/>), its size in KiB, and how many days ago it was changed.</summary>
    private static async Task AddProjectsAsync(List<Caller> people, CancellationToken cancellationToken)
    {
        foreach (var (path, who, kibibytes, days) in ((string, int, int, int)[])
            [("Projects/Skagen/Calibration/patch-test_2026-11-01.xtf", 2, 640, 23),
                ("Projects/Skagen/Line 01-11/line-01_sonar.xtf", 3, 820, 21),
                ("Projects/Skagen/Photos/harbour_2026-11-02_0814.jpg", 1, 1_310, 22),
                ("Projects/Skagen/Photos/harbour_2026-11-02_0815.jpg", 1, 980, 22),
                ("Projects/Skagen/harbour-north_2026-11-21_dji0416.mov", 1, 6_820, 3), ("Projects/Skagen/line-12_sonar.xtf", 3, 5_376, 2),
                ("Projects/Skagen/line-13_sonar.xtf", 3, 4_560, 1), ("Projects/Skagen/line-14_sonar.xtf", 3, 2_432, 0),
                ("Projects/Skagen/site-photos_2026-11-19.zip", 0, 3_120, 5), ("Projects/Skagen/tender-lot-3_drawings.pdf", 0, 1_480, 0),
                ("Projects/Skagen/tide-gauge_2026-10.csv", 2, 412, 22), ("Projects/Skagen/tile-0416_classified.laz", 1, 2_260, 6),
                ("Projects/Anholt/tide-gauge.csv", 2, 412, 9), ("Projects/Anholt/multibeam.all", 2, 6_650, 8),
                ("Deliveries/2026-10/mosaic.tif", 1, 7_800, 12), ("raw notes.bin", 2, 2, 4)])
        {
            await PutAsync(people[who], path, new SlowContent(RandomNumberGenerator.GetBytes(kibibytes << 10)), days, cancellationToken);
        }

        await PutAsync(
            people[2], "Projects/Skagen/depth-contours_2m_v3.png", new SlowContent(ContourPicture.Draw(1024, 512)), 1, cancellationToken);
        const string Log = """
            {
              "vessel": "Skarv", "watch": "08-12",
              "lines": [ { "name": "12", "began": "08:14", "ended": "10:02" }, { "name": "13", "began": "10:20", "ended": "11:47" } ]
            }

            """;
        foreach (var (path, days, text) in ((string, int, string)[])
            [("Projects/Skagen/readme.md", 2, "# Skagen\n\nLines 12 to 14, run on 21 November.\n"),
                ("Projects/Skagen/vessel-log_2026-11-20.json", 4, Log), ("Projects/Skagen/vessel-log_2026-11-21.json", 3, Log),
                ("Projects/Anholt/stations.json", 9, "{\n  \"stations\": [ \"A1\", \"A2\", \"B7\" ]\n}\n"),
                ("old draft.txt", 14, "draft\n")])
        {
            await PutAsync(people[2], path, new StringContent(text, Encoding.UTF8), days, cancellationToken);
        }

        foreach (var name in (string[])["old%20draft.txt", "raw%20notes.bin"])
            _ = await people[2].SendAsync(HttpMethod.Delete, $"api/tree/{name}", null, cancellationToken);
    }

    private static async Task PutAsync(Caller caller, string path, HttpContent content, int days, CancellationToken cancellationToken)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue(Path.GetExtension(path) switch
        {
            ".md" => "text/markdown",
            ".txt" or ".conf" => "text/plain",
            ".json" => "application/json",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".csv" => "text/csv",
            ".jpg" => "image/jpeg",
            ".mov" => "video/quicktime",
            ".pdf" => "application/pdf",
            ".zip" => "application/zip",
            _ => "application/octet-stream",
        });
        var changed = TimeProvider.System.GetUtcNow().AddDays(-days).AddMinutes(-20 - (37 * (path.Length % 9)));
        content.Headers.Add("X-OC-Mtime", changed.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        _ = await caller.SendAsync(
            HttpMethod.Put, $"api/tree/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?parents=true", content,
            cancellationToken);
    }

    private static async Task<Uri> AddLinksAsync(Caller first, Caller second, CancellationToken cancellationToken)
    {
        const int Day = 86_400;
        var guests = await first.PostAsync(
            "api/links",
            new
            {
                kind = "upload",
                path = "Deliveries",
                title = "Photos of the divers",
                maxFiles = 400,
                folders = true,
                expiresInSeconds = 30 * Day,
            },
            cancellationToken);
        _ = await second.PostAsync(
            "api/links",
            new
            {
                kind = "download",
                path = "Deliveries/2026-10/mosaic.tif",
                title = "Mosaic for the harbour",
                maxDownloads = 5,
                expiresInSeconds = 3 * Day,
            },
            cancellationToken);
        var ended = await first.PostAsync(
            "api/links", new { kind = "download", path = "Projects/Anholt", title = "Anholt, first look" }, cancellationToken);
        var id = ended.GetProperty("link").GetProperty("id").GetString();
        _ = await first.SendAsync(HttpMethod.Delete, $"api/links/{id}", null, cancellationToken);
        return new Uri(guests.GetProperty("url").GetString()!);
    }

    private async Task AddLimitsAsync(CancellationToken cancellationToken)
    {
        await SetAsync("tenant/default", new { storedBytes = 40L << 30, files = 100_000, openUploads = 200 });
        await SetAsync("default/user", new { maxFileSize = 500L << 30, storedBytes = 20L << 30 });
        await SetAsync("service/all", new { receiveBandwidth = "Mon-08:00,40M Mon-18:00,off Sat-00:00,off" });

        Task SetAsync(string of, object limits) => _operator.SendAsync(HttpMethod.Put, $"api/limits/{of}", limits, cancellationToken);
    }

    private async Task AddWebhooksAsync(CancellationToken cancellationToken)
    {
        foreach (var (title, path, events) in ((string, string, string[])[])
            [("Shop", "shop", ["completed", "deleted"]), ("Mail to the office", "mail", ["completed", "failed", "damaged"])])
        {
            var made = await _operator.PostAsync("api/webhooks", new { title, url = new Uri(receiver, path), events }, cancellationToken);
            var id = made.GetProperty("webhook").GetProperty("id").GetString();
            _ = await _operator.PostAsync($"api/webhooks/{id}/test", null, cancellationToken);
        }
    }
}
