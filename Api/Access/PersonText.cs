using System.Net.Mail;
using System.Text;
using System.Text.RegularExpressions;
using FluentValidation;

namespace ChunkUpload.Api.Access;

/// <summary>The rules for names and other texts that people choose.</summary>
internal static partial class PersonText
{
    public const int LongestTitle = 200;

    private const int LongestEmail = 254;

    public const string UserNameRule =
        "name must have 1 to 64 characters: letters a to z, digits, and . _ - @ after the first. Case does not count.";

    public const string TenantNameRule = "name must have 1 to 63 characters: letters a to z, digits, and hyphens between them.";

    public static bool IsUserName(string? name) => name is not null && UserName().IsMatch(SignInCheck.Folded(name));

    public static bool IsTenantName(string? name) => name is not null && TenantName().IsMatch(name);

    /// <summary>Returns why a title or a display name cannot be used, or null.</summary>
    public static string? TitleFault(string field, string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestTitle)
            return $"{field} must have 1 to {LongestTitle} characters.";
        return IsPlain(text) ? null : $"{field} must be text without control characters.";
    }

    public static bool IsEmail(string text) =>
        text.Length <= LongestEmail && IsPlain(text) && !text.Contains(' ', StringComparison.Ordinal)
        && MailAddress.TryCreate(text, out var address) && address.Address == text;

    public static IRuleBuilderOptionsConditions<T, string?> MustBeTitle<T>(this IRuleBuilder<T, string?> rule, string field, bool needed) =>
        rule.Custom((text, context) =>
        {
            if ((needed || text is not null) && TitleFault(field, text) is { } fault)
                context.AddFailure(field, fault);
        });

    public static IRuleBuilderOptionsConditions<T, string?> MustBeEmail<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom((text, context) =>
        {
            if (text is { Length: > 0 } && !IsEmail(text))
                context.AddFailure("email", "email must be an address such as ann@example.org; empty removes it.");
        });

    public static IRuleBuilderOptionsConditions<T, string?> MustBePassword<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom((text, context) =>
        {
            if (text is not null && Passwords.Fault(text) is { } fault)
                context.AddFailure("password", fault);
        });

    public static IRuleBuilderOptions<T, string?> MayBeCurrentPassword<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(Passwords.Longest).OverridePropertyName("currentPassword")
            .WithMessage($"A password has at most {Passwords.Longest} characters.");

    public static IRuleBuilderOptions<T, string?> MayBeCode<T>(this IRuleBuilder<T, string?> rule) =>
        rule.MaximumLength(SecondFactors.LongestCode).OverridePropertyName("code")
            .WithMessage($"A code has at most {SecondFactors.LongestCode} characters.");

    private static bool IsPlain(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune))
                return false;
        }

        return true;
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._@-]{0,63}\z")]
    private static partial Regex UserName();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex TenantName();
}
