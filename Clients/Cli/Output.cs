using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>Results go to standard output, as lines for people or as JSON; everything else goes to standard error.</summary>
internal sealed partial class Output(bool json, bool quiet = false)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();

    // While bars are drawn, lines would be drawn over.
    private List<(TextWriter To, string Line)>? _held;

    public bool IsJson => json;

    /// <summary>The service that this call is about; null if none yet. A failure that does not name it gets it.</summary>
    public static string? Service { get; set; }

    /// <summary>Gets a value that indicates whether progress and notes are left out.</summary>
    public bool IsQuiet => quiet;

    /// <summary>What Ctrl-C leaves behind.</summary>
    public string Stopped { get; set; } = "Stopped.";

    /// <summary>Runs a verb, and reports each failure in one sentence with its exit code.</summary>
    public static async Task<int> RunAsync(ParseResult parse, Func<Output, Task<int>> verb)
    {
        var output = new Output(parse.GetValue(CommandTree.Json), parse.GetValue(CommandTree.Quiet));
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
            // The name of a parameter of the library does not help users.
            output.Fail(null, failure.Message.Split(" (Parameter '")[0], null, "usage");
            return ExitCodes.Usage;
        }
        catch (TransferException failure)
        {
            return output.Fail(SubjectOf(parse, failure), failure);
        }
        catch (AgentException failure)
        {
            output.Fail(null, failure.Message, failure.Code, "agent");
            return ExitCodes.Of(failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return output.Fail(null, new TransferException(TransferFailure.LocalFile, failure.Message, failure));
        }
        catch (OperationCanceledException)
        {
            output.Fail(null, output.Stopped, null, "stopped");
            return ExitCodes.Cancelled;
        }
        catch (Exception failure)
        {
            // A stack trace and a signal do not help a script that has called cu.
            return output.Fail(null, Faults.Of(failure)!);
        }
    }

    /// <summary>Tells what is wrong with a command line.</summary>
    public static int FailToParse(ParseResult parse)
    {
        // The option itself may be among what is wrong.
        var output = new Output(parse.GetResult(CommandTree.Json) is { Implicit: false });
        var command = parse.CommandResult.Command;
        var verb = command.Parents.OfType<Command>().Reverse().Append(command).Skip(1).Select(one => one.Name);
        var faults = Misspelled(parse) is { } option ? [$"There is no option {option}."] : parse.Errors.Select(Sentence).Distinct();
        var wrong = Misspelled(parse) ?? (parse.UnmatchedTokens is [var first, ..] ? first : null);
        if (wrong is not null && Suggestion.For(wrong, command) is { } meant)
            faults = faults.Append($"Did you mean {meant}?");
        output.Fail(null, string.Join(' ', faults), null, "usage");
        output.Note($"See: {string.Join(' ', verb.Prepend("cu"))} --help. What begins with - and is no option comes behind --.");
        return ExitCodes.Usage;
    }

    /// <summary>The parser takes an option that it does not know for a file. What is behind -- is none.</summary>
    public static string? Misspelled(ParseResult parse) => parse.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? null
        : parse.CommandResult.Command.Arguments
            .SelectMany(argument => parse.GetResult(argument)?.Tokens ?? [])
            .FirstOrDefault(token => token.Value.Length > 1 && token.Value[0] == '-')?.Value;

    private static string Sentence(ParseError error) =>
        WrongValue().Replace(Gaps().Replace(error.Message, " "), "$1 is no value for $2.");

    [GeneratedRegex(@"^Cannot parse argument '(.*)' for \w+ '(\S*)' as expected type .*$")]
    private static partial Regex WrongValue();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Gaps();

    /// <summary>Returns a text without the characters that a terminal would take for commands.</summary>
    public static string Printable(string text, bool lines = false) => PrintableText.Of(text, lines);

    /// <param name="line">For people.</param>
    /// <param name="fields">For programs.</param>
    public void Result(string line, JsonObject fields)
    {
        lock (_gate)
            Write(Console.Out, json ? fields.ToJsonString(Readable) : Printable(line, lines: true));
    }

    /// <summary>A text for another program, as it is.</summary>
    public void Text(string text, JsonObject fields)
    {
        fields.Insert(0, "ok", true);
        fields["text"] = text;
        Console.Out.Write(json ? fields.ToJsonString(Readable) + Environment.NewLine : text);
    }

    /// <summary>The path that a verb was called for, where the failure does not name it.</summary>
    private static string? SubjectOf(ParseResult parse, TransferException failure)
    {
        var argument = parse.CommandResult.Command.Arguments.FirstOrDefault(one => one.Name is "PATH" or "SOURCE");
        return argument is not null && parse.GetResult(argument)?.Tokens is [{ Value.Length: > 0 } only]
            ? NameBeside(only.Value, failure)
            : null;
    }

    // The address of a link is as secret as a key.
    private static string? NameBeside(string subject, TransferException failure) =>
        subject.Contains("://", StringComparison.Ordinal) || failure.Message.Contains(subject, StringComparison.Ordinal) ? null : subject;

    private static string WithService(TransferException failure) => Service is { } service
        && failure.Failure is TransferFailure.Network or TransferFailure.Server or TransferFailure.Authentication
            or TransferFailure.InvalidAnswer
        && !failure.Message.Contains(service, StringComparison.Ordinal)
            ? $"{failure.Message} (The service is {service}.)"
            : failure.Message;

    /// <summary>
    /// Does it for one after the other. A failure of one is reported with its name, and the others go on, unless they would fail likewise.
    /// </summary>
    /// <returns>The exit code of the first failure.</returns>
    public async Task<int> EachAsync(IEnumerable<string> all, Func<string, Task> act)
    {
        var code = ExitCodes.Done;
        foreach (var one in all)
        {
            try
            {
                await act(one);
            }
            catch (TransferException failure)
            {
                var failed = Fail(NameBeside(one, failure), failure);
                code = code == ExitCodes.Done ? failed : code;
                if (failure.Failure is TransferFailure.Network or TransferFailure.Server or TransferFailure.LocalFile)
                    break;
            }
        }

        return code;
    }

    public int Fail(string? name, TransferException failure)
    {
        Fail(name, WithService(failure), failure.Code, ExitCodes.Word(failure.Failure));
        return ExitCodes.Of(failure.Failure);
    }

    public void Fail(string? name, string message, string? code, string kind)
    {
        lock (_gate)
        {
            if (json)
                Write(Console.Out, Fields().ToJsonString(Readable));
            else
                Write(Console.Error, Printable(name is null ? $"cu: {message}" : $"cu: {Printable(name)}: {message}", lines: true));
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
        if (json || quiet)
            return;
        lock (_gate)
            Write(Console.Error, Printable(line, lines: true));
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
