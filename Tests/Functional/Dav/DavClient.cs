using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>The calls of a WebDAV client below a folder of the test's own in the shared space, with a key as the password.</summary>
internal sealed class DavClient : IDisposable
{
    public const string Exclusive = """
        <D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>
        """;

    public static readonly XNamespace Dav = "DAV:";

    private readonly HttpClient _http;

    public DavClient(TestService service, string root)
        : this(service.Address, service.Key, root)
    {
    }

    public DavClient(Uri service, string key, string root)
    {
        Root = $"/dav/shared/{root}";
        _http = new HttpClient { BaseAddress = service };
        _http.DefaultRequestHeaders.Authorization = Basic("anybody", key);
    }

    public string Root { get; }

    public static AuthenticationHeaderValue Basic(string name, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));

    public void Dispose() => _http.Dispose();

    public async Task<HttpResponseMessage> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method), new Uri(path.StartsWith('/') ? path : $"{Root}/{path}", UriKind.Relative))
        { Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request);
    }

    public async Task<int> StatusAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(method, path, body, headers);
        return (int)answer.StatusCode;
    }

    public async Task PutAsync(string path, string content, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync("PUT", path, content, headers);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public async Task FolderAsync(string path) => Assert.Equal(201, await StatusAsync("MKCOL", path));

    public async Task<string> ReadAsync(string path)
    {
        using var answer = await SendAsync("GET", path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Moves or copies to another path below the test's folder.</summary>
    public Task<int> PutAtAsync(string method, string from, string to, params (string Name, string Value)[] headers) =>
        StatusAsync(method, from, null, [("Destination", to.StartsWith('/') ? to : $"{Root}/{to}"), .. headers]);

    public async Task<XElement> FindAsync(string path, int depth, string? body = null)
    {
        using var answer = await SendAsync("PROPFIND", path, body, ("Depth", $"{depth}"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.MultiStatus, $"{path}: {(int)answer.StatusCode} {text}");
        return XElement.Parse(text);
    }

    /// <summary>The addresses in a folder, without the folder's own.</summary>
    public async Task<string[]> ListAsync(string path)
    {
        var found = await FindAsync(path, 1);
        return [.. found.Elements(Dav + "response").Select(one => one.Element(Dav + "href")!.Value).Skip(1)];
    }

    /// <summary>The value of a property that is found; null if it is not.</summary>
    public async Task<XElement?> PropertyAsync(string path, XName name)
    {
        var asked = new XElement(Dav + "propfind", new XElement(Dav + "prop", new XElement(name)));
        var found = await FindAsync(path, 0, asked.ToString());
        var state = found.Element(Dav + "response")!.Elements(Dav + "propstat").Single();
        return state.Element(Dav + "status")!.Value.Contains(" 200 ", StringComparison.Ordinal)
            ? state.Element(Dav + "prop")!.Element(name)
            : null;
    }
}
