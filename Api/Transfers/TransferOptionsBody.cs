using ChunkUpload.Core.Transfers;
using FluentValidation;

namespace ChunkUpload.Api.Transfers;

internal sealed record TransferOptionsBody
{
    public const string Example = """
        {"equal":"checksum","taken":"keep_both","verify":"digest","include":[],"exclude":["*.tmp"],"minSize":null,"maxSize":null,
         "minAge":null,"maxAge":2592000,"without":[],"export":true,"exportAs":"office","structure":true,
         "bandwidth":"08:00,2M 18:00,off","timeZone":"Europe/Berlin","attempts":null,"atOnce":null,"move":false,"checkOnly":false,
         "notes":{"done":["notice"],"failed":["notice"],"needsOwner":["notice","mail"]} }
        """;

    /// <summary>How a file with the same name is compared: exists, size, time, checksum (default).</summary>
    public string? Equal { get; init; }

    /// <summary>If the name is taken by a file with different content: skip, replace_older, replace, keep_both (default).</summary>
    public string? Taken { get; init; }

    /// <summary>
    /// none, digest (default): the digests of the storages are compared; or read_back: the file is also read back from the destination.
    /// </summary>
    public string? Verify { get; init; }

    /// <summary>Patterns with * and ?. Without "/" they are compared with names, otherwise with paths.</summary>
    public IReadOnlyList<string>? Include { get; init; }

    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>The minimum and maximum size of files in selected folders, in bytes; null for no limit.</summary>
    public long? MinSize { get; init; }

    public long? MaxSize { get; init; }

    /// <summary>The minimum and maximum number of seconds since the last change of files in selected folders; null for no limit.</summary>
    public long? MinAge { get; init; }

    public long? MaxAge { get; init; }

    /// <summary>The ids of excluded items in the selected folders. Folders are excluded with their contents.</summary>
    public IReadOnlyList<string>? Without { get; init; }

    /// <summary>Whether documents without bytes of their own are exported; default true.</summary>
    public bool? Export { get; init; }

    /// <summary>The format of such documents: office (default), open_document or pdf.</summary>
    public string? ExportAs { get; init; }

    /// <summary>Whether the folder structure of the source is kept; default true. Otherwise all files are stored in one folder.</summary>
    public bool? Structure { get; init; }

    /// <summary>
    /// Bytes per second, such as 20M, or a timetable such as 08:00,stop 18:00,10M 23:00,off; nothing is copied while it says stop. Null for
    /// no limit.
    /// </summary>
    public string? Bandwidth { get; init; }

    /// <summary>The time zone of the timetable, such as Europe/Berlin; null for that of the service.</summary>
    public string? TimeZone { get; init; }

    public TransferAttemptsBody? Attempts { get; init; }

    /// <summary>The maximum number of files that are copied at the same time: 1 to 32; null for no limit.</summary>
    public int? AtOnce { get; init; }

    /// <summary>
    /// Whether each file is moved to the trash of the source after the digests of both ends were compared, and then the empty folders.
    /// Default false.
    /// </summary>
    public bool? Move { get; init; }

    /// <summary>
    /// Whether both ends are only compared: the transfer makes a plan with the differences, and ends. Default false.
    /// </summary>
    public bool? CheckOnly { get; init; }

    /// <summary>How its owner is notified. Webhooks receive the events in any case.</summary>
    public TransferNotesBody? Notes { get; init; }

    public static TransferOptions ToOptions(TransferOptionsBody? body)
    {
        var usual = new TransferOptions();
        return body is null
            ? usual
            : new TransferOptions
            {
                Equal = TransferWords.Parse<EqualBy>(body.Equal) ?? usual.Equal,
                Taken = TransferWords.Parse<WhenTaken>(body.Taken) ?? usual.Taken,
                Verify = TransferWords.Parse<VerifyBy>(body.Verify) ?? usual.Verify,
                Include = body.Include ?? [],
                Exclude = body.Exclude ?? [],
                MinSize = body.MinSize,
                MaxSize = body.MaxSize,
                MinAge = body.MinAge,
                MaxAge = body.MaxAge,
                Without = body.Without ?? [],
                Export = body.Export ?? usual.Export,
                ExportAs = TransferWords.Parse<ExportFormat>(body.ExportAs) ?? usual.ExportAs,
                Structure = body.Structure ?? usual.Structure,
                Bandwidth = string.IsNullOrWhiteSpace(body.Bandwidth) ? null : body.Bandwidth.Trim(),
                TimeZone = string.IsNullOrWhiteSpace(body.TimeZone) ? null : body.TimeZone,
                Attempts = body.Attempts is { } attempts
                    ? new AttemptOptions
                    {
                        Refused = attempts.Refused,
                        Restarts = attempts.Restarts,
                        Network = attempts.Network,
                        LongestPause = attempts.LongestPause,
                        FullPause = attempts.FullPause,
                        DailyPause = attempts.DailyPause,
                    }
                    : new AttemptOptions(),
                AtOnce = body.AtOnce,
                Move = body.Move ?? usual.Move,
                CheckOnly = body.CheckOnly ?? usual.CheckOnly,
                Notes = TransferNotesBody.ToNotes(body.Notes),
            };
    }

    public static TransferOptionsBody Of(TransferOptions options) => new()
    {
        Equal = TransferWords.Of(options.Equal),
        Taken = TransferWords.Of(options.Taken),
        Verify = TransferWords.Of(options.Verify),
        Include = options.Include,
        Exclude = options.Exclude,
        MinSize = options.MinSize,
        MaxSize = options.MaxSize,
        MinAge = options.MinAge,
        MaxAge = options.MaxAge,
        Without = options.Without,
        Export = options.Export,
        ExportAs = TransferWords.Of(options.ExportAs),
        Structure = options.Structure,
        Bandwidth = options.Bandwidth,
        TimeZone = options.TimeZone,
        Attempts = options.Attempts is { } some && some != new AttemptOptions()
            ? new TransferAttemptsBody
            {
                Refused = some.Refused,
                Restarts = some.Restarts,
                Network = some.Network,
                LongestPause = some.LongestPause,
                FullPause = some.FullPause,
                DailyPause = some.DailyPause,
            }
            : null,
        AtOnce = options.AtOnce,
        Move = options.Move,
        CheckOnly = options.CheckOnly,
        Notes = TransferNotesBody.Of(options.Notes),
    };

    public static BandwidthPriority PriorityOf(string? word) => word switch
    {
        "low" => BandwidthPriority.Low,
        "high" => BandwidthPriority.High,
        _ => BandwidthPriority.Normal,
    };

    public static string WordOf(BandwidthPriority priority) => priority switch
    {
        BandwidthPriority.Low => "low",
        BandwidthPriority.High => "high",
        _ => "normal",
    };
}

/// <summary>The limits of retries; missing values are the service's defaults.</summary>
internal sealed record TransferAttemptsBody
{
    /// <summary>The number of attempts without progress for failures that look permanent: 1 to 20; default 3.</summary>
    public int? Refused { get; init; }

    /// <summary>The number of restarts of a file at byte 0: 0 to 20; default 3.</summary>
    public int? Restarts { get; init; }

    /// <summary>The number of attempts without progress if the network or the storage fails: 1 to 1000; default no limit.</summary>
    public int? Network { get; init; }

    /// <summary>The maximum seconds between two attempts: 1 to 3600; default 60.</summary>
    public int? LongestPause { get; init; }

    /// <summary>The seconds to wait if the destination is full: 60 to 86400; default 900.</summary>
    public int? FullPause { get; init; }

    /// <summary>The seconds to wait if a daily limit of the storage is used up: 60 to 86400; default 3600.</summary>
    public int? DailyPause { get; init; }
}

/// <summary>The notifications: notice (in the console, until it was seen), mail; empty for none.</summary>
internal sealed record TransferNotesBody
{
    /// <summary>When it is done; default notice.</summary>
    public IReadOnlyList<string>? Done { get; init; }

    /// <summary>When it has failed, or files of it; default notice.</summary>
    public IReadOnlyList<string>? Failed { get; init; }

    /// <summary>When it waits for its owner to sign in, to free space or to decide; default notice and mail.</summary>
    public IReadOnlyList<string>? NeedsOwner { get; init; }

    public static TransferNotesBody Of(TransferNotes notes) => new()
    {
        Done = [.. notes.Done.Select(TransferWords.Of)],
        Failed = [.. notes.Failed.Select(TransferWords.Of)],
        NeedsOwner = [.. notes.NeedsOwner.Select(TransferWords.Of)],
    };

    public static TransferNotes ToNotes(TransferNotesBody? body)
    {
        var usual = new TransferNotes();
        return new TransferNotes
        {
            Done = Ways(body?.Done) ?? usual.Done,
            Failed = Ways(body?.Failed) ?? usual.Failed,
            NeedsOwner = Ways(body?.NeedsOwner) ?? usual.NeedsOwner,
        };

        static IReadOnlyList<NoteWay>? Ways(IReadOnlyList<string>? words) =>
            words is null ? null : [.. words.Select(TransferWords.Parse<NoteWay>).OfType<NoteWay>().Distinct()];
    }
}

/// <summary>The rules for options.</summary>
internal static class TransferOptionsRules
{
    private const int MostPatterns = 50;
    private const int MostWithout = 1000;
    private const int SecondsOfDay = 86_400;
    private const int MostAtOnce = 32;

    // A hundred years.
    private const long LongestAge = 100L * 366 * SecondsOfDay;

    public static void Check<T>(TransferOptionsBody? options, ValidationContext<T> context)
    {
        if (options is null)
            return;
        Word<EqualBy>(options.Equal, "options.equal");
        Word<WhenTaken>(options.Taken, "options.taken");
        Word<VerifyBy>(options.Verify, "options.verify");
        Word<ExportFormat>(options.ExportAs, "options.exportAs");
        CheckPatternsAndPace(options, context, "options.");
        if (options.Without is { } without
            && (without.Count > MostWithout || without.Any(id => id is not { Length: > 0 and <= NewTransferValidator.LongestId })))
        {
            context.AddFailure("options.without", $"options.without names at most {MostWithout} files and folders by their ids.");
        }

        foreach (var (name, ways) in new[]
        {
            ("done", options.Notes?.Done), ("failed", options.Notes?.Failed), ("needsOwner", options.Notes?.NeedsOwner),
        })
        {
            if (ways is not null && ways.Any(way => TransferWords.Parse<NoteWay>(way) is null))
                context.AddFailure($"options.notes.{name}", $"options.notes.{name} may have notice and mail.");
        }

        if (options.MinSize < 0 || options.MaxSize < 0 || options.MinSize > options.MaxSize)
        {
            context.AddFailure(
                "options.maxSize", "options.minSize and options.maxSize are numbers of bytes, the second not below the first.");
        }

        if (options.MinAge is < 0 or > LongestAge || options.MaxAge is < 0 or > LongestAge || options.MinAge > options.MaxAge)
            context.AddFailure("options.maxAge", "options.minAge and options.maxAge are seconds, the second not below the first.");
        if (options.AtOnce is < 1 or > MostAtOnce)
            context.AddFailure("options.atOnce", $"options.atOnce must be from 1 to {MostAtOnce}.");
        if (options.Move == true && options.Verify == "none")
            context.AddFailure("options.move", "options.move needs a digest that agrees: options.verify must be digest or read_back.");
        if (options.Move == true && options.CheckOnly == true)
            context.AddFailure("options.checkOnly", "options.checkOnly changes nothing, so it does not go with options.move.");
        if (options.Attempts is { } attempts)
        {
            Number(attempts.Refused, "refused", 1, 20);
            Number(attempts.Restarts, "restarts", 0, 20);
            Number(attempts.Network, "network", 1, 1000);
            Number(attempts.LongestPause, "longestPause", 1, 3600);
            Number(attempts.FullPause, "fullPause", 60, SecondsOfDay);
            Number(attempts.DailyPause, "dailyPause", 60, SecondsOfDay);
        }

        void Word<TWord>(string? word, string field)
            where TWord : struct, Enum
        {
            if (word is not null && TransferWords.Parse<TWord>(word) is null)
                context.AddFailure(field, $"{field} must be one of: {string.Join(", ", TransferWords.All<TWord>())}.");
        }

        void Number(int? number, string field, int least, int most)
        {
            if (number < least || number > most)
                context.AddFailure($"options.attempts.{field}", $"options.attempts.{field} must be from {least} to {most}.");
        }
    }

    /// <summary>Checks the options that pairs also have: patterns, bandwidth and its time zone.</summary>
    /// <param name="prefix">The prefix of the names of the fields.</param>
    public static void CheckPatternsAndPace<T>(TransferOptionsBody options, ValidationContext<T> context, string prefix)
    {
        foreach (var (name, patterns) in new[] { ("include", options.Include), ("exclude", options.Exclude) })
        {
            if (patterns is not null && (patterns.Count > MostPatterns || patterns.Any(one => one is not { Length: > 0 and <= 255 })))
                context.AddFailure($"{prefix}{name}", $"{prefix}{name} has at most {MostPatterns} patterns of 1 to 255 characters.");
        }

        if (!string.IsNullOrWhiteSpace(options.Bandwidth))
        {
            _ = BandwidthTimetable.Parse(options.Bandwidth, out var fault, stops: true);
            if (fault is not null)
                context.AddFailure($"{prefix}bandwidth", $"{prefix}bandwidth: {fault}");
        }

        if (!string.IsNullOrWhiteSpace(options.TimeZone) && !TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
            context.AddFailure($"{prefix}timeZone", $"{prefix}timeZone must be a time zone such as Europe/Berlin.");
    }
}
