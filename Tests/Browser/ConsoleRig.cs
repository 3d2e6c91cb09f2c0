using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Browser;

/// <summary>Files to send, and a browser that runs one scenario of Tests/Clients/console.</summary>
internal sealed class ConsoleRig : IDisposable
{
    public string Folder { get; } = ServiceFolder.Create();

    public void Dispose() => ServiceFolder.Remove(Folder);

    /// <summary>Makes a file of random bytes below the folder.</summary>
    public (string Path, byte[] Bytes) File(string name, int length, int seed = 1)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var bytes = ApiClient.Bytes(length, seed);
        System.IO.File.WriteAllBytes(path, bytes);
        return (path, bytes);
    }

    /// <summary>
    /// A service whose console is packed where it can be: as people have it, and cheaper to open. Scenarios with a service in a process of
    /// its own load the single modules.
    /// </summary>
    public static async Task<TestService> ServiceAsync(
        PostgresFixture postgres, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? replace = null)
    {
        var pages = PackedPages.Missing is null ? await PackedPages.GetAsync() : null;
        return await TestService.StartAsync(postgres, settings, services =>
        {
            pages?.UseIn(services);
            replace?.Invoke(services);
        });
    }

    public static PageScript Start(string scenario, Uri address, string key, params string[] files) => PageScript.Start(
        "console", scenario, ("base", address.ToString()), ("key", key), ("files", string.Join(':', files)));

    /// <summary>Waits for the word that the scenario prints, and lets it go on after <paramref name="act"/>.</summary>
    public static async Task AtAsync(PageScript browser, string word, Func<Task>? act = null)
    {
        Assert.Equal(word, await browser.LineAsync());
        if (act is not null)
            await act();
        await browser.GoOnAsync();
    }

    /// <summary>The scenario's result, once it has ended without an error or warning of the browser.</summary>
    public static async Task<(JsonElement Result, IReadOnlyList<string> Requests)> EndAsync(PageScript browser)
    {
        var answer = await browser.ResultAsync();
        var complaints = string.Join('\n', answer.GetProperty("complaints").EnumerateArray().Select(complaint => complaint.GetString()));
        Assert.True(complaints.Length == 0, complaints);
        return (answer.GetProperty("result"), [.. answer.GetProperty("requests").EnumerateArray().Select(request => request.GetString()!)]);
    }

    public static async Task AssertContentAsync(HttpClient client, string path, byte[] expected)
    {
        var names = path.Split('/').Select(Uri.EscapeDataString);
        await using var content = await client.GetStreamAsync(ApiClient.At($"/api/tree/{string.Join('/', names)}"));
        Assert.Equal(ApiClient.Hex(expected), Convert.ToHexStringLower(await SHA256.HashDataAsync(content)));
    }
}
