using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Identity;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Hashes and compares passwords with the framework's hasher.</summary>
internal sealed class Passwords
{
    public const int Shortest = 10;
    public const int Longest = 256;

    // Compared when there is no such user, so that the response time does not reveal it. One for the process: hashing it takes 25 ms.
    private static readonly string Decoy = new PasswordHasher<string>().HashPassword("", "nobody");

    private readonly PasswordHasher<string> _hasher = new();

    public string Hash(string password) => _hasher.HashPassword("", password);

    public bool Matches(UserSecrets? user, string password)
    {
        var result = _hasher.VerifyHashedPassword("", user?.Password ?? Decoy, password);
        return user?.Password is not null && result != PasswordVerificationResult.Failed;
    }

    /// <param name="hash">A result of <see cref="Hash"/>.</param>
    public bool Matches(string hash, string password) =>
        _hasher.VerifyHashedPassword("", hash, password) != PasswordVerificationResult.Failed;

    /// <summary>Why a password cannot be used, or null.</summary>
    public static string? Fault(string? password) =>
        password is { Length: >= Shortest and <= Longest }
            ? null
            : $"The password needs {Shortest} to {Longest} characters.";
}
