using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>A client that acts like a browser: it keeps cookies and sends the headers that say where a request comes from.</summary>
internal sealed class BrowserClient(Uri address, string operatorKey, SocketsHttpHandler? handler = null) : IDisposable
{
    private readonly HttpClient _http =
        new(handler ?? new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address };

    public BrowserClient(TestService service)
        : this(service.Address, service.Key)
    {
    }

    public Dictionary<string, string> Cookies { get; } = new(StringComparer.Ordinal);

    public string CookieHeader => string.Join("; ", Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"));

    public string? CsrfToken { get; private set; }

    public string Origin => address.GetLeftPart(UriPartial.Authority);

    public string SessionCookie => Cookies.Keys.Single(name => name.StartsWith("cu_session_", StringComparison.Ordinal));

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = body as HttpContent ?? JsonContent.Create(body);
        if (Cookies.Count > 0)
            request.Headers.Add("Cookie", CookieHeader);
        change?.Invoke(request);
        var answer = await _http.SendAsync(request);
        if (answer.Headers.TryGetValues("Set-Cookie", out var set))
        {
            foreach (var cookie in set.Select(text => text.Split(';')[0].Split('=', 2)))
            {
                if (cookie[1].Length == 0)
                    Cookies.Remove(cookie[0]);
                else
                    Cookies[cookie[0]] = cookie[1];
            }
        }

        return answer;
    }

    /// <summary>Sends a POST as the page does.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body, request =>
    {
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("Origin", Origin);
        if (CsrfToken is not null)
            request.Headers.Add("X-CSRF-Token", CsrfToken);
    });

    public async Task SignInAsync()
    {
        using (var answer = await PostAsync("/signin", new { key = operatorKey }))
            Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("operator", await SubjectAsync());
    }

    /// <summary>The signed-in subject; also fetches the antiforgery token.</summary>
    public async Task<string?> SubjectAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/signin/state");
        var state = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        CsrfToken = state.GetProperty("csrfToken").GetString();
        return state.GetProperty("subject").GetString();
    }

    public async Task<int> StatusAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        return (int)answer.StatusCode;
    }

    public void Dispose() => _http.Dispose();
}
