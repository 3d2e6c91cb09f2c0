using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>Results go to standard output, as lines for people or as JSON; everything else goes to standard error.</summary>
internal sealed class Output(bool json)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();

    // While bars are drawn, lines would be drawn over.
    private List<(TextWriter To, string Line)>? _held;

    public bool IsJson => json;

    /// <summary>What Ctrl-C leaves behind.</summary>
    public string Stopped { get; set; } = "Stopped.";

    /// <summary>Runs a verb, and tells each failure in one sentence with its exit code.</summary>
    public static async Task<int> RunAsync(ParseResult parse, Func<Output, Task<int>> verb)
    {
        var output = new Output(parse.GetValue(CommandTree.Json));
        try
        {
            return await verb(output);
        }
        catch (UsageException failure)
        {
            output.Fail(null, failure.Message, null, "usage");
            return ExitCodes.Usage;
        }
        catch (ArgumentException failure)
        {
            output.Fail(null, failure.Message, null, "usage");
            return ExitCodes.Usage;
        }
        catch (TransferException failure)
        {
            return output.Fail(null, failure);
        }
        catch (AgentException failure)
        {
            output.Fail(null, failure.Message, failure.Code, "agent");
            return failure.ExitCode;
        }
        catch (OperationCanceledException)
        {
            output.Fail(null, output.Stopped, null, "stopped");
            return ExitCodes.Cancelled;
        }
    }

    /// <param name="line">For people.</param>
    /// <param name="fields">For programs.</param>
    public void Result(string line, JsonObject fields)
    {
        lock (_gate)
            Write(Console.Out, json ? fields.ToJsonString(Readable) : line);
    }

    public int Fail(string? name, TransferException failure)
    {
        Fail(name, failure.Message, failure.Code, ExitCodes.Word(failure.Failure));
        return ExitCodes.Of(failure.Failure);
    }

    public void Fail(string? name, string message, string? code, string kind)
    {
        lock (_gate)
        {
            if (json)
                Write(Console.Out, Fields().ToJsonString(Readable));
            else
                Write(Console.Error, name is null ? $"cu: {message}" : $"cu: {name}: {message}");
        }

        JsonObject Fields() => new()
        {
            ["ok"] = false,
            ["name"] = name,
            ["class"] = kind,
            ["code"] = code,
            ["message"] = message,
        };
    }

    /// <summary>A sentence beside the results.</summary>
    public void Note(string line)
    {
        if (json)
            return;
        lock (_gate)
            Write(Console.Error, line);
    }

    /// <summary>Keeps lines back as long as something else draws on the terminal.</summary>
    public void Hold()
    {
        lock (_gate)
            _held = [];
    }

    public void Release()
    {
        lock (_gate)
        {
            foreach (var (to, line) in _held ?? [])
                to.WriteLine(line);
            _held = null;
        }
    }

    private void Write(TextWriter to, string line)
    {
        if (_held is null)
            to.WriteLine(line);
        else
            _held.Add((to, line));
    }
}
