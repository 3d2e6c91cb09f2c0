using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>The callers who create uploads. The operator is limited only by the tenant.</summary>
internal enum QuotaParty
{
    BytesUser,
    FilesUser,
    BytesLink,
    FilesLink,

    /// <summary>A link that BytesUser has made: it has no limit but its maker's.</summary>
    UserLink,
    Operator,
}

/// <summary>Two users, three links and the operator, and the limits of each. They outlive the service's kills.</summary>
internal sealed class QuotaParties
{
    public const int Size = 1000;
    public const int Files = 8;
    public const long TenantBytes = (40 * Size) + 3;
    private const long UserBytes = (10 * Size) + 7;

    private const string Password = "correct horse battery";

    private readonly Dictionary<QuotaParty, (string? Key, string Prefix, string Subject, Guid? Link)> _parties = [];
    private readonly Dictionary<string, (long Bytes, long Files)> _limits = [];

    public static async Task<QuotaParties> MakeAsync(ServiceProcess service)
    {
        var made = new QuotaParties();
        using var client = service.CreateClient();
        await SendAsync(client, HttpMethod.Put, "/api/limits/tenant/default", new { storedBytes = TenantBytes });
        made.Add(QuotaParty.Operator, service.Key, "", Caller.Operator.Subject, null, TenantBytes, long.MaxValue);
        await made.UserAsync(
            service, client, QuotaParty.BytesUser, new { storedBytes = UserBytes }, UserBytes, long.MaxValue);
        await made.UserAsync(service, client, QuotaParty.FilesUser, new { files = Files }, long.MaxValue, Files);
        return made;
    }

    /// <summary>New links: what was finished through the old ones has used them up.</summary>
    public async Task MakeLinksAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        await LinkAsync(
            client, QuotaParty.BytesLink, new { kind = "upload", maxSize = Size, maxBytes = (8 * Size) + 5 }, (8 * Size) + 5,
            long.MaxValue);
        await LinkAsync(client, QuotaParty.FilesLink, new { kind = "upload", maxSize = Size, maxFiles = Files }, long.MaxValue, Files);
        using var user = service.CreateClient(withKey: false);
        user.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _parties[QuotaParty.BytesUser].Key);
        await LinkAsync(user, QuotaParty.UserLink, new { kind = "upload" }, UserBytes, long.MaxValue);
    }

    public string SubjectOf(QuotaParty party) => _parties[party].Subject;

    public Guid? LinkOf(QuotaParty party) => _parties[party].Link;

    public (long Bytes, long Files) LimitsOf(string subject) => _limits[subject];

    public QuotaClients Connect(ServiceProcess service)
    {
        var clients = new QuotaClients();
        foreach (var (party, (key, prefix, _, _)) in _parties)
        {
            var client = service.CreateClient(withKey: false);
            if (key is not null)
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            clients.Add(party, client, prefix);
        }

        return clients;
    }

    private async Task UserAsync(ServiceProcess service, HttpClient client, QuotaParty party, object limits, long bytes, long files)
    {
        var made = await SendAsync(
            client, HttpMethod.Post, "/api/users", new { name = $"{party}".ToLowerInvariant(), role = "member", password = Password });
        var id = made.GetProperty("user").GetProperty("id").GetString()!;
        await SendAsync(client, HttpMethod.Put, $"/api/limits/user/{id}", limits);
        using var browser = new BrowserClient(service.Address, service.Key);
        using (var signedIn = await browser.PostAsync("/signin", new { name = $"{party}".ToLowerInvariant(), password = Password }))
            Assert.Equal(200, (int)signedIn.StatusCode);
        await browser.SubjectAsync();
        using var answer = await browser.PostAsync(
            "/api/keys", new { name = "mine", scopes = new[] { "upload", "read", "delete", "list" }, currentPassword = Password });
        var key = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString();
        Add(party, key, "", Caller.UserSubject(Guid.Parse(id)), null, bytes, files);
    }

    private async Task LinkAsync(HttpClient client, QuotaParty party, object link, long bytes, long files)
    {
        var made = await SendAsync(client, HttpMethod.Post, "/api/links", link);
        var id = Guid.Parse(made.GetProperty("link").GetProperty("id").GetString()!);
        Add(party, null, $"/l/{made.GetProperty("token").GetString()}", ShareLink.SubjectOf(id), id, bytes, files);
    }

    private void Add(QuotaParty party, string? key, string prefix, string subject, Guid? link, long bytes, long files)
    {
        _parties[party] = (key, prefix, subject, link);
        _limits[subject] = (bytes, files);
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.Clone();
    }
}
