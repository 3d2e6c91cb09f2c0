using System.Text.RegularExpressions;
using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Core.Limits;

/// <summary>The rules for files that a client may send, applied to what it declares when it creates an upload.</summary>
/// <param name="Types">The permitted media types; image/* stands for all images. Empty permits all.</param>
/// <param name="Names">The permitted patterns with * and ?, without regard to case. Empty permits all.</param>
/// <param name="Metadata">The rules for the metadata's fields.</param>
public sealed record FileRules(
    IReadOnlyList<string> Types, IReadOnlyList<string> Names, IReadOnlyList<MetadataFieldRule> Metadata)
{
    private const int MostRules = 50;
    private const int LongestRule = 200;

    /// <returns>Null if a limit may have the rules; otherwise, the field and one sentence.</returns>
    public (string Field, string Sentence)? Fault()
    {
        if (Types.Count > MostRules || Names.Count > MostRules || Metadata.Count > MostRules)
            return ("types", $"Give at most {MostRules} types, names and metadata rules.");
        if (Types.Select(LinkRules.TypeFault).FirstOrDefault(fault => fault is not null) is { } type)
            return ("types", type);
        if (Names.Any(name => name.Length is 0 or > LongestRule))
            return ("names", $"A name pattern has 1 to {LongestRule} characters.");
        if (Metadata.Any(rule => rule.Key.Length is 0 or > LongestRule))
            return ("metadata", $"A metadata rule needs a key of 1 to {LongestRule} characters.");
        return Metadata.Select(rule => rule.Fault()).FirstOrDefault(fault => fault is not null) is { } pattern
            ? ("metadata", pattern)
            : null;
    }

    /// <param name="scope">The scope of the rules, for the sentence.</param>
    /// <param name="name">The name; null for a part, which does not become a file.</param>
    public UploadFailure? Refuse(string scope, string? name, string contentType, IReadOnlyDictionary<string, string> metadata)
    {
        if (name is null)
            return null;
        if (Types.Count > 0 && !Types.Any(type => LinkRules.Matches(type, contentType)))
            return new(UploadError.TypeNotAllowed, $"The {scope} may upload only files of these types: {string.Join(", ", Types)}.");
        if (RefuseName(scope, name) is { } refusal)
            return refusal;
        return Metadata.Select(rule => rule.Refuse(metadata)).FirstOrDefault(fault => fault is not null) is { } sentence
            ? new(UploadError.MetadataRefused, sentence)
            : null;
    }

    /// <summary>Applies the rules to an existing file that gets another name.</summary>
    public UploadFailure? RefuseName(string scope, string name) =>
        Names.Count > 0 && !Names.Any(pattern => LinkRules.MatchesName(pattern, name))
            ? new(UploadError.NameNotAllowed, $"The {scope} may have only files with names like {string.Join(", ", Names)}.")
            : null;
}

/// <summary>The rule for one field of an upload's metadata.</summary>
/// <param name="Required">Whether the field is required.</param>
/// <param name="Pattern">A regular expression that must match the whole value; null permits any value.</param>
/// <param name="MaxLength">The most characters of the value; null leaves the limit of the service.</param>
public sealed record MetadataFieldRule(string Key, bool Required, string? Pattern, int? MaxLength)
{
    private const int LongestPattern = 500;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    // Without backtracking, the time grows only with the length of the value and the size of the pattern.
    private readonly Lazy<Regex> _regex = new(() => new Regex(
        $@"\A(?:{Pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Longest));

    public string? Fault()
    {
        if (MaxLength < 1)
            return $"The maxLength of {Key} must be 1 or more.";
        if (Pattern is null)
            return null;
        if (Pattern.Length > LongestPattern)
            return $"The pattern of {Key} has more than {LongestPattern} characters.";
        try
        {
            _ = _regex.Value.IsMatch(new string('a', MaxLength ?? 1000));
            return null;
        }
        catch (RegexMatchTimeoutException)
        {
            return $"The pattern of {Key} takes too long to match: simplify it, or lower the maxLength.";
        }
        catch (Exception reason) when (reason is ArgumentException or NotSupportedException)
        {
            return $"The pattern of {Key} must be a regular expression without lookaround and back references.";
        }
    }

    public string? Refuse(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(Key, out var value) || value.Length == 0)
            return Required ? $"The upload needs the metadata \"{Key}\"." : null;
        if (value.Length > MaxLength)
            return $"The metadata \"{Key}\" has more than {MaxLength} characters.";
        try
        {
            return Pattern is null || _regex.Value.IsMatch(value) ? null : $"The metadata \"{Key}\" must match {Pattern}.";
        }
        catch (RegexMatchTimeoutException)
        {
            return $"The metadata \"{Key}\" takes too long to match against {Pattern}.";
        }
    }
}
