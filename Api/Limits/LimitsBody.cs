using ChunkUpload.Core.Limits;
using FluentValidation;

namespace ChunkUpload.Api.Limits;

/// <summary>The limits of a tenant, a user or a key; null or left out sets no limit.</summary>
internal sealed record LimitsBody
{
    public const string Example = """
        {"maxFileSize":104857600,"storedBytes":1073741824,"files":1000,"openUploads":20,
         "receivedPerDay":10737418240,"sentPerDay":10737418240,"requestsPerMinute":6000,
         "creationsPerMinute":600,"requestsAtOnce":32,"receiveBandwidth":"08:00,512k 18:00,10M 23:00,off","sendBandwidth":"20M",
         "types":["image/*","video/mp4"],"names":["*.jpg","*.mp4"],
         "metadata":[{"key":"project","required":true,"pattern":"[A-Z]{3}-[0-9]+","maxLength":20}]}
        """;

    /// <summary>The largest upload in bytes.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Bytes of all uploads, finished or not, including the trash.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Files, also those in the trash.</summary>
    public long? Files { get; init; }

    /// <summary>Unfinished uploads.</summary>
    public long? OpenUploads { get; init; }

    /// <summary>Bytes of files that may be received in a day (UTC).</summary>
    public long? ReceivedPerDay { get; init; }

    /// <summary>Bytes of files that may be sent in a day (UTC).</summary>
    public long? SentPerDay { get; init; }

    /// <summary>Requests per minute, which may be used in one burst; HEAD and OPTIONS do not count.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>New uploads per minute.</summary>
    public long? CreationsPerMinute { get; init; }

    /// <summary>Concurrent uploads and downloads.</summary>
    public long? RequestsAtOnce { get; init; }

    /// <summary>
    /// Bytes of files that may be received per second, such as 20M, or a timetable such as "08:00,512k 18:00,10M 23:00,off", also with
    /// weekdays: "Mon-08:00,512k". k, M and G are powers of 1024.
    /// </summary>
    public string? ReceiveBandwidth { get; init; }

    /// <summary>Bytes of files that may be sent per second, in the same form.</summary>
    public string? SendBandwidth { get; init; }

    /// <summary>The media types that files may have, such as image/jpeg, or image/* for all images.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>Patterns with * and ?, of which a file's name must match one; case does not matter.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Rules for the metadata of an upload.</summary>
    public IReadOnlyList<MetadataRuleBody>? Metadata { get; init; }

    public static LimitsBody Of(LimitValues values) => new()
    {
        MaxFileSize = values.MaxFileSize,
        StoredBytes = values.StoredBytes,
        Files = values.Files,
        OpenUploads = values.OpenUploads,
        ReceivedPerDay = values.ReceivedPerDay,
        SentPerDay = values.SentPerDay,
        RequestsPerMinute = values.RequestsPerMinute,
        CreationsPerMinute = values.CreationsPerMinute,
        RequestsAtOnce = values.RequestsAtOnce,
        ReceiveBandwidth = values.ReceiveBandwidth?.Text,
        SendBandwidth = values.SendBandwidth?.Text,
        Types = OrNull(values.Rules?.Types),
        Names = OrNull(values.Rules?.Names),
        Metadata = OrNull(values.Rules?.Metadata.Select(rule => new MetadataRuleBody
        {
            Key = rule.Key,
            Required = rule.Required,
            Pattern = rule.Pattern,
            MaxLength = rule.MaxLength,
        }).ToList()),
    };

    public LimitValues ToValues() => new()
    {
        MaxFileSize = MaxFileSize,
        StoredBytes = StoredBytes,
        Files = Files,
        OpenUploads = OpenUploads,
        ReceivedPerDay = ReceivedPerDay,
        SentPerDay = SentPerDay,
        RequestsPerMinute = RequestsPerMinute,
        CreationsPerMinute = CreationsPerMinute,
        RequestsAtOnce = RequestsAtOnce,
        ReceiveBandwidth = Timetable(ReceiveBandwidth, out _),
        SendBandwidth = Timetable(SendBandwidth, out _),
        Rules = ToRules(),
    };

    /// <summary>Returns the rules, or null if none is set.</summary>
    public FileRules? ToRules() => (Types?.Count ?? 0) + (Names?.Count ?? 0) + (Metadata?.Count ?? 0) == 0
        ? null
        : new(
            Types ?? [], Names ?? [],
            [.. (Metadata ?? []).Select(rule => new MetadataFieldRule(rule.Key ?? "", rule.Required, rule.Pattern, rule.MaxLength))]);

    private static IReadOnlyList<T>? OrNull<T>(IReadOnlyList<T>? list) => list is { Count: > 0 } ? list : null;

    public static BandwidthTimetable? Timetable(string? text, out string? fault)
    {
        fault = null;
        return text is null ? null : BandwidthTimetable.Parse(text, out fault);
    }
}

/// <summary>The rule for one field of an upload's metadata.</summary>
internal sealed record MetadataRuleBody
{
    public string? Key { get; init; }

    /// <summary>Whether the field is required.</summary>
    public bool Required { get; init; }

    /// <summary>A regular expression that the whole value must match.</summary>
    public string? Pattern { get; init; }

    /// <summary>The maximum number of characters of the value.</summary>
    public int? MaxLength { get; init; }
}

internal sealed class LimitsValidator : AbstractValidator<LimitsBody>
{
    public LimitsValidator() => RuleFor(body => body).Custom((body, context) =>
    {
        if ((body.Types ?? []).Concat(body.Names ?? []).Any(text => text is null) || (body.Metadata ?? []).Any(rule => rule is null))
        {
            context.AddFailure("types", "types, names and metadata are lists without null.");
            return;
        }

        foreach (var name in LimitNames.All)
        {
            var least = LimitNames.Rates.Contains(name) ? 1 : 0;
            if (LimitNames.Of(body.ToValues(), name) < least)
                context.AddFailure(name, $"{name} is a number from {least} on, or null for no limit.");
        }

        foreach (var (name, text) in new[] { ("receiveBandwidth", body.ReceiveBandwidth), ("sendBandwidth", body.SendBandwidth) })
        {
            if (LimitsBody.Timetable(text, out var fault) is null && fault is not null)
                context.AddFailure(name, fault);
        }

        if (body.ToRules()?.Fault() is { } wrong)
            context.AddFailure(wrong.Field, wrong.Sentence);
    });
}
