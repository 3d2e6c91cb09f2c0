using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChunkUpload.Demo;

/// <summary>Calls of the service's API by one person or program, who seems to be at an address of its own.</summary>
internal sealed class Caller : IDisposable
{
    private readonly HttpClient _client;

    private Caller(HttpClient client, string name, string network, string program) =>
        (_client, Name, Network, Program) = (client, name, network, program);

    public string Name { get; }

    /// <summary>The client address that a proxy would forward.</summary>
    public string Network { get; }

    /// <summary>The name of the program that the caller sends.</summary>
    public string Program { get; }

    public string? Key => _client.DefaultRequestHeaders.Authorization?.Parameter;

    /// <summary>As the ledger names it.</summary>
    public string Subject { get; private set; } = "operator";

    public static Caller WithKey(Uri service, string key, string name, string network, string program, string subject = "operator")
    {
        var made = New(service, name, network, program);
        made._client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        made.Subject = subject;
        return made;
    }

    /// <summary>Signs in as a browser does.</summary>
    public static async Task<Caller> SignInAsync(
        Uri service, string name, string password, string network, string browser, CancellationToken cancellationToken)
    {
        var made = New(service, name, network, browser);
        made._client.DefaultRequestHeaders.Add("Origin", service.GetLeftPart(UriPartial.Authority));
        _ = await made.SendAsync(HttpMethod.Post, "signin", new { name, password }, cancellationToken);
        var state = await made.SendAsync(HttpMethod.Get, "signin/state", null, cancellationToken);
        made.Subject = state.GetProperty("subject").GetString()!;
        made._client.DefaultRequestHeaders.Add("X-CSRF-Token", state.GetProperty("csrfToken").GetString());
        return made;
    }

    /// <summary>Connections of the same caller for the library.</summary>
    public HttpClient Connections()
    {
        var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        foreach (var header in _client.DefaultRequestHeaders)
            _ = client.DefaultRequestHeaders.TryAddWithoutValidation(header.Key, header.Value);
        return client;
    }

    public Task<JsonElement> PostAsync(string path, object? body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, cancellationToken);

    public Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        SendAsync(method, path, body is null ? null : JsonContent.Create(body), cancellationToken);

    /// <exception cref="DemoException">The service has refused it.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        using var answer = await _client.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new DemoException($"{method} {path} was answered with {(int)answer.StatusCode}: {text}");
        return text.Length > 0 && text[0] == '{' ? JsonElement.Parse(text) : default;
    }

    public void Dispose() => _client.Dispose();

    private static Caller New(Uri service, string name, string network, string program)
    {
        var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer() };
        var client = new HttpClient(handler) { BaseAddress = service };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", network);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", service.Scheme);
        client.DefaultRequestHeaders.UserAgent.ParseAdd(program);
        return new Caller(client, name, network, program);
    }
}
