using ChunkUpload.Api.Access.Links;
using ChunkUpload.Core.Access.Links;
using FluentValidation;

namespace ChunkUpload.Api.Links;

/// <summary>A link to make.</summary>
internal sealed record NewLinkBody
{
    /// <summary>upload or download.</summary>
    public string? Kind { get; init; }

    /// <summary>The title on the link's page.</summary>
    public string? Title { get; init; }

    /// <summary>The space of the path; the shared space if missing.</summary>
    public string? Space { get; init; }

    /// <summary>The folder of an upload link, or the file or folder of a download link. Without it uploads stay unfiled.</summary>
    public string? Path { get; init; }

    /// <summary>Whether missing folders of the path are created.</summary>
    public bool Parents { get; init; }

    /// <summary>The lifetime; default seven days.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>Bytes of one file.</summary>
    public long? MaxSize { get; init; }

    public long? MaxFiles { get; init; }

    /// <summary>Bytes of all files together.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Media types such as image/jpeg, or image/* for all images.</summary>
    public IReadOnlyList<string>? Types { get; init; }

    /// <summary>Patterns with * and ?; case does not matter.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Whether its holder may name folders below the link's own.</summary>
    public bool Folders { get; init; }

    /// <summary>The highest priority of uploads through the link for a limited bandwidth: low, or normal (default).</summary>
    public string? Priority { get; init; }

    /// <summary>The maximum number of downloads through a download link.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>The password, which the link's page asks for; programs send it first.</summary>
    public string? Password { get; init; }
}

internal sealed class NewLinkValidator : AbstractValidator<NewLinkBody>
{
    public const long DefaultSeconds = 7 * 24 * 3600;
    public const int LongestTitle = 200;
    public const int ShortestPassword = 6;

    private const long MostSeconds = 3650L * 24 * 3600;
    private const int MostRules = 50;
    private const int LongestRule = 100;

    public NewLinkValidator()
    {
        RuleFor(body => body.Kind).Must(kind => kind is "upload" or "download").OverridePropertyName("kind")
            .WithMessage("kind must be upload or download.");
        RuleFor(body => body.Title).MaximumLength(LongestTitle).OverridePropertyName("title")
            .WithMessage($"A title has at most {LongestTitle} characters.");
        RuleFor(body => body.Path).Custom((path, context) =>
        {
            if (path is not null && TreePath.Parse(path, out var fault) is null)
                context.AddFailure("path", fault);
        });
        RuleFor(body => body.Path).NotNull().When(body => body.Kind == "download" || body.Space is not null || body.Parents)
            .OverridePropertyName("path").WithMessage("Give the path that the link is for.");
        RuleFor(body => body.Priority).Must(word => word is null or "low" or "normal").OverridePropertyName("priority")
            .WithMessage("A link's priority is low or normal.");
        RuleFor(body => body.ExpiresInSeconds).Must(IsTime).OverridePropertyName("expiresInSeconds").WithMessage(TimeFault);
        Positive(body => body.MaxSize, "maxSize");
        Positive(body => body.MaxFiles, "maxFiles");
        Positive(body => body.MaxBytes, "maxBytes");
        Positive(body => body.MaxDownloads, "maxDownloads");
        RuleFor(body => body.Types).Custom((types, context) =>
        {
            if ((types ?? []).Select(type => type is null ? "A type is missing." : LinkRules.TypeFault(type))
                .FirstOrDefault(fault => fault is not null) is { } fault)
                context.AddFailure("types", fault);
        });
        RuleFor(body => body.Types).Must(IsShort).OverridePropertyName("types").WithMessage(RulesFault);
        RuleFor(body => body.Names).Must(IsShort).OverridePropertyName("names").WithMessage(RulesFault);
        RuleFor(body => body.Password).Must(IsPassword).OverridePropertyName("password").WithMessage(PasswordFault);
        RuleFor(body => body.MaxDownloads).Null().When(body => body.Kind == "upload").OverridePropertyName("kind")
            .WithMessage("maxDownloads is for download links.");
        RuleFor(body => body)
            .Must(body => (body.MaxSize ?? body.MaxFiles ?? body.MaxBytes) is null && body.Types is null && body.Names is null
                && !body.Folders && body.Priority is null)
            .When(body => body.Kind == "download").OverridePropertyName("kind")
            .WithMessage("Limits of files, types and names, and a priority, are for upload links.");
    }

    public static string TimeFault => $"expiresInSeconds must be 60 to {MostSeconds}.";

    public static string PasswordFault => $"A link's password has {ShortestPassword} to {LinkPassword.Longest} characters.";

    private static string RulesFault => $"Give at most {MostRules}, each of 1 to {LongestRule} characters.";

    public static bool IsTime(long? seconds) => seconds is null or (>= 60 and <= MostSeconds);

    public static bool IsPassword(string? password) =>
        password is null || password.Length is >= ShortestPassword and <= LinkPassword.Longest;

    private static bool IsShort(IReadOnlyList<string>? rules) =>
        rules is null || (rules.Count <= MostRules && rules.All(rule => rule is { Length: >= 1 and <= LongestRule }));

    private void Positive(System.Linq.Expressions.Expression<Func<NewLinkBody, long?>> field, string name) =>
        RuleFor(field).Must(number => number is null or > 0).OverridePropertyName(name).WithMessage($"{name} must be 1 or more.");
}

/// <summary>
/// The fields to change; a missing field stays as it is. Sizes, types and names cannot be changed, because uploads may have started with
/// them.
/// </summary>
internal sealed record LinkChangeBody
{
    public string? Title { get; init; }

    /// <summary>The lifetime, counted from now.</summary>
    public long? ExpiresInSeconds { get; init; }

    public long? MaxFiles { get; init; }

    public long? MaxDownloads { get; init; }

    /// <summary>The password; empty to remove it.</summary>
    public string? Password { get; init; }
}

internal sealed class LinkChangeValidator : AbstractValidator<LinkChangeBody>
{
    public LinkChangeValidator()
    {
        RuleFor(body => body.Title).MaximumLength(NewLinkValidator.LongestTitle).OverridePropertyName("title")
            .WithMessage($"A title has at most {NewLinkValidator.LongestTitle} characters.");
        RuleFor(body => body.ExpiresInSeconds).Must(NewLinkValidator.IsTime).OverridePropertyName("expiresInSeconds")
            .WithMessage(NewLinkValidator.TimeFault);
        RuleFor(body => body.MaxFiles).Must(number => number is null or > 0).OverridePropertyName("maxFiles")
            .WithMessage("maxFiles must be 1 or more.");
        RuleFor(body => body.MaxDownloads).Must(number => number is null or > 0).OverridePropertyName("maxDownloads")
            .WithMessage("maxDownloads must be 1 or more.");
        RuleFor(body => body.Password).Must(text => text is "" || NewLinkValidator.IsPassword(text)).OverridePropertyName("password")
            .WithMessage(NewLinkValidator.PasswordFault);
    }
}
