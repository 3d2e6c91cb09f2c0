using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// The process of Tests/Clients/stage.mjs, in which all scenarios of pages run beside each other in one Chromium: starting both for each
/// would take longer than many scenarios. It ends with its input, so also when the run is killed. If it has ended, the next scenario starts
/// a new one; if Chromium has ended, it does.
/// </summary>
internal sealed class PageStage : IDisposable
{
    private static readonly Lock Gate = new();
    private static PageStage? _current;

    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly ConcurrentDictionary<int, ChannelWriter<JsonElement>> _listeners = new();
    private int _last;
    private bool _ended;

    /// <summary>Initializes a separate stage, for a test that makes it fail.</summary>
    public PageStage()
    {
        var start = new ProcessStartInfo("node", ["stage.mjs"])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "Tests", "Clients"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Without a locale of UTF-8, Chromium cannot open files whose names are not ASCII.
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["STAGE_BROWSER"] = NodeClient.Browser!;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _ = ReadAsync();
    }

    public int ProcessId => _process.Id;

    /// <summary>Gets the stage of this run, and starts it if necessary.</summary>
    public static PageStage Current
    {
        get
        {
            lock (Gate)
                return _current is null or { _ended: true } ? _current = new PageStage() : _current;
        }
    }

    /// <summary>Starts a scenario and returns a reader of its output.</summary>
    public (int Id, ChannelReader<JsonElement> Said) Begin(string script, string scenario, IReadOnlyDictionary<string, string> settings)
    {
        var channel = Channel.CreateUnbounded<JsonElement>();
        var id = Interlocked.Increment(ref _last);
        lock (Gate)
        {
            if (_ended)
                channel.Writer.Complete(new InvalidOperationException("The process of the scenarios has ended."));
            else
                _listeners[id] = channel.Writer;
        }

        Write(new { id, script, scenario, settings });
        return (id, channel.Reader);
    }

    public void Answer(int id, string line) => Write(new { id, line });

    public void GiveUp(int id)
    {
        if (_listeners.TryRemove(id, out _))
            Write(new { id, end = true });
    }

    /// <summary>Closes the input of the process, which ends it.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    private void Write(object message)
    {
        lock (Gate)
        {
            try
            {
                _process.StandardInput.WriteLine(JsonSerializer.Serialize(message));
                _process.StandardInput.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The process has ended; the reader shows it.
            }
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var message = JsonElement.Parse(line);
            var id = message.GetProperty("id").GetInt32();
            if (message.TryGetProperty("line", out _))
            {
                if (_listeners.TryGetValue(id, out var listener))
                    _ = listener.TryWrite(message);
            }
            else if (_listeners.TryRemove(id, out var listener))
            {
                _ = listener.TryWrite(message);
                listener.Complete();
            }
        }

        var errors = await _errors;
        lock (Gate)
        {
            _ended = true;
            foreach (var listener in _listeners.Values)
                listener.Complete(new InvalidOperationException($"The process of the scenarios has ended:\n{errors}"));
        }
    }
}
