using System.Text.Json.Serialization;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>The names of approvals in bodies and responses.</summary>
internal static class FolderApprovals
{
    public static string NameOf(FolderApproval approval) => approval switch
    {
        FolderApproval.Always => "always",
        FolderApproval.Never => "never",
        _ => "ask",
    };

    public static FolderApproval? Parse(string? name) => name switch
    {
        "ask" => FolderApproval.Ask,
        "always" => FolderApproval.Always,
        "never" => FolderApproval.Never,
        _ => null,
    };
}

/// <summary>A change of the rules of a served folder. A missing field stays unchanged.</summary>
internal sealed record FolderChangeBody
{
    public const int MostMembers = 1000;

    /// <summary>ask, always or never.</summary>
    public string? Approval { get; init; }

    /// <summary>The maximum number of bytes that are sent to one member in a day; 0 for no limit.</summary>
    [JsonPropertyName("bytes_a_day")]
    public long? BytesADay { get; init; }

    /// <summary>Whether the files are never relayed by the service.</summary>
    [JsonPropertyName("straight_only")]
    public bool? StraightOnly { get; init; }

    /// <summary>The rules of single members, which replace all existing ones.</summary>
    [JsonPropertyName("member_rules")]
    public IReadOnlyList<MemberRuleChangeBody?>? MemberRules { get; init; }

    public FolderRulesChange ToChange() => new(
        FolderApprovals.Parse(Approval), BytesADay, StraightOnly,
        MemberRules?.ToDictionary(
            one => one!.Subject!,
            one => new FolderRule(FolderApprovals.Parse(one!.Approval)!.Value, one.BytesADay is 0 ? null : one.BytesADay),
            StringComparer.Ordinal));
}

/// <summary>The rule for one member.</summary>
internal sealed record MemberRuleChangeBody
{
    /// <summary>user:… or key:….</summary>
    public string? Subject { get; init; }

    /// <summary>ask, always or never.</summary>
    public string? Approval { get; init; }

    /// <summary>The maximum number of bytes that are sent to the member in a day; 0 for no limit.</summary>
    [JsonPropertyName("bytes_a_day")]
    public long? BytesADay { get; init; }
}

internal sealed class FolderChangeValidator : AbstractValidator<FolderChangeBody>
{
    public FolderChangeValidator()
    {
        RuleFor(body => body.Approval).Must(IsApproval).OverridePropertyName("approval")
            .WithMessage("approval must be ask, always or never.");
        RuleFor(body => body.BytesADay).GreaterThanOrEqualTo(0).OverridePropertyName("bytes_a_day")
            .WithMessage("bytes_a_day must be a number of bytes, or 0 for any number.");
        RuleFor(body => body.MemberRules).Must(AreRules).OverridePropertyName("member_rules").WithMessage(
            $"member_rules has at most {FolderChangeBody.MostMembers} members, each once, with a subject, an approval and bytes_a_day.");
    }

    private static bool IsApproval(string? name) => name is null || FolderApprovals.Parse(name) is not null;

    private static bool AreRules(IReadOnlyList<MemberRuleChangeBody?>? rules) => rules is null
        || (rules.Count <= FolderChangeBody.MostMembers
            && rules.All(one => one is { Subject.Length: > 0, BytesADay: null or >= 0 } && FolderApprovals.Parse(one.Approval) is not null)
            && rules.DistinctBy(one => one!.Subject, StringComparer.Ordinal).Count() == rules.Count);
}
