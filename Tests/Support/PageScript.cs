using System.Text.Json;
using System.Threading.Channels;

namespace ChunkUpload.Tests.Support;

/// <summary>A scenario of a page in Chromium, which prints words and waits for answers.</summary>
internal sealed class PageScript : IDisposable
{
    // Ends a hanging test with a message; no test measures with it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private readonly PageStage _stage;
    private readonly int _id;
    private readonly ChannelReader<JsonElement> _said;

    private PageScript(PageStage stage, int id, ChannelReader<JsonElement> said) => (_stage, _id, _said) = (stage, id, said);

    /// <param name="script">One of stage.mjs in Tests/Clients: console, docs, link or uppy.</param>
    /// <param name="scenario">The scenario's name in it.</param>
    /// <param name="settings">The settings that the script requires.</param>
    public static PageScript Start(string script, string scenario, params (string Name, string Value)[] settings) =>
        Start(PageStage.Current, script, scenario, settings);

    public static PageScript Start(PageStage stage, string script, string scenario, params (string Name, string Value)[] settings)
    {
        var (id, said) = stage.Begin(script, scenario, settings.ToDictionary(one => one.Name, one => one.Value));
        return new PageScript(stage, id, said);
    }

    public static async Task<JsonElement> RunAsync(string script, string scenario, params (string Name, string Value)[] settings)
    {
        using var run = Start(script, scenario, settings);
        return await run.ResultAsync();
    }

    /// <summary>The next word.</summary>
    public async Task<string> LineAsync()
    {
        var message = await NextAsync();
        return message.TryGetProperty("line", out var line)
            ? line.GetString()!
            : throw new InvalidOperationException($"The scenario ended before it was to: {message}");
    }

    public Task GoOnAsync()
    {
        _stage.Answer(_id, "go on");
        return Task.CompletedTask;
    }

    public async Task<JsonElement> ResultAsync()
    {
        var message = await NextAsync();
        return message.TryGetProperty("result", out var result)
            ? result
            : throw new InvalidOperationException($"The scenario says {message.GetProperty("line").GetString()} where it was to end.");
    }

    public void Dispose() => _stage.GiveUp(_id);

    private async Task<JsonElement> NextAsync()
    {
        if (!await _said.WaitToReadAsync().AsTask().WaitAsync(Patience) || !_said.TryRead(out var message))
            throw new InvalidOperationException("The scenario has ended.");
        Assert.False(message.TryGetProperty("error", out var error), error.ValueKind == JsonValueKind.String ? error.GetString() : null);
        return message;
    }
}
