namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>
/// One interop version of the draft: the differences that matter to a server. Known clients use 3, 5, 6 and 8; the newest text is 9. A
/// request without a version is treated as the newest.
/// </summary>
internal sealed class Dialect
{
    public const int Oldest = 3;
    public const int Newest = 9;

    private const string NoVersion = "none";

    private static readonly Dialect[] Drafts =
        [.. Enumerable.Range(Oldest, Newest - Oldest + 1).Select(version => new Dialect(version, isDraft: true))];

    private Dialect(int version, bool isDraft) => (Version, IsDraft) = (version, isDraft);

    /// <summary>For clients that send no version: the newest text.</summary>
    public static Dialect Unnamed { get; } = new(Newest, isDraft: false);

    public int Version { get; }

    /// <summary>Whether the client named the version; responses then contain it, too.</summary>
    public bool IsDraft { get; }

    /// <summary>The value stored with the upload.</summary>
    public string StateValue => IsDraft ? Drafts[Version - Oldest].Number : NoVersion;

    public string Number { get => field ??= ItemField.Write(Version); }

    public bool SaysIncomplete => Version == 3;

    public string StateHeader => SaysIncomplete ? ResumableHeaders.UploadIncomplete : ResumableHeaders.UploadComplete;

    /// <summary>Whether a PATCH without the state field is the last part; null if the field is required (R80).</summary>
    public bool? CompleteWhenAbsent => Version switch
    {
        3 => true,
        < 7 => false,
        _ => null,
    };

    public bool NeedsPartialType => Version >= 6;

    public int PartStatus => Version < 7 ? StatusCodes.Status201Created : StatusCodes.Status204NoContent;

    /// <summary>Whether the final answer says that the upload is complete; older versions only report "not complete".</summary>
    public bool TellsCompletion => Version >= 7;

    public bool KnowsLength => Version >= 6;

    public string AgeKey => Version == 6 ? "expires" : "max-age";

    /// <summary>Whether a HEAD must not contain fields that describe an upload (R74).</summary>
    public bool RefusesFieldsOnHead => Version < 7 || !IsDraft;

    /// <summary>Whether a DELETE must not contain such fields (R96), nor a creation Upload-Offset (R50).</summary>
    public bool RefusesFieldsOnDelete => Version < 7;

    /// <summary>Whether the Location of the last response is that of the result instead of the upload (R51).</summary>
    public bool LocatesResult => Version >= 8;

    /// <summary>Whether more bytes than the upload's length end the upload (R86).</summary>
    public bool EndsOnSurplus => Version >= 8;

    /// <summary>Whether a last request whose response was lost may be repeated (R89).</summary>
    public bool AnswersRepeats => Version >= 9;

    /// <summary>Whether limits on appended bytes also apply to the bytes of a creation (R29).</summary>
    public bool LimitsCreation => Version >= 9;

    /// <summary>Whether interim responses also carry the offset (R42).</summary>
    public bool TellsProgress => Version >= 5;

    /// <summary>
    /// Returns whether the version defines this problem type. The type for offsets was introduced with version 6 and the one for lengths
    /// with 7; older clients ignore types.
    /// </summary>
    public bool Knows(string type) => type != "completed-upload" || Version is >= 6 and <= 8;

    public static Dialect? Of(long version) => version is >= Oldest and <= Newest ? Drafts[version - Oldest] : null;

    public static Dialect OfState(string? version) =>
        int.TryParse(version, System.Globalization.CultureInfo.InvariantCulture, out var number) && Of(number) is { } dialect
            ? dialect
            : Unnamed;

    /// <summary>Returns whether the request completes the upload; null if it does not specify it.</summary>
    public bool? ReadComplete(IHeaderDictionary headers)
    {
        var value = ItemField.Boolean(headers[StateHeader]);
        return SaysIncomplete ? !value : value;
    }

    public void WriteComplete(IHeaderDictionary headers, bool complete) => headers[StateHeader] =
        ItemField.Write(complete != SaysIncomplete);
}
