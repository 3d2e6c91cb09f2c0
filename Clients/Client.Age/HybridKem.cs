using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace ChunkUpload.Client.Age;

/// <summary>
/// HPKE in base mode (RFC 9180) with the key encapsulation MLKEM768-X25519 (draft-ietf-hpke-pq), HKDF-SHA256 and ChaCha20-Poly1305, as
/// age uses it. An attacker has to break both ML-KEM-768 and X25519.
/// </summary>
internal static class HybridKem
{
    public const int SeedSize = 32;
    public const int PublicKeySize = LatticeKeySize + X25519.PointSize;
    public const int EncapsulationSize = LatticeShareSize + X25519.PointSize;

    private const int LatticeKeySize = 1184;
    private const int LatticeShareSize = 1088;
    private const int LatticeSeedSize = 64;
    private const int SecretSize = 32;
    private const int NonceSize = 12;

    private static ReadOnlySpan<byte> Suite => [(byte)'H', (byte)'P', (byte)'K', (byte)'E', 0x64, 0x7a, 0, 1, 0, 3];

    /// <summary>Returns the public key of a seed.</summary>
    public static byte[] PublicKeyOf(byte[] seed)
    {
        var (lattice, curve) = Expand(seed);
        return [.. lattice.GetPublicKeyEncoded(), .. AgeRecipient.PublicOf(curve)];
    }

    /// <summary>Whether bytes are a public key.</summary>
    public static bool IsPublicKey(byte[] key)
    {
        if (key.Length != PublicKeySize)
            return false;
        try
        {
            _ = LatticeKey(key);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Encapsulates a new key for a recipient.</summary>
    /// <exception cref="FormatException">The public key is of no secret.</exception>
    public static (byte[] Encapsulation, byte[] Key, byte[] Nonce) Encapsulate(byte[] publicKey, ReadOnlySpan<byte> info)
    {
        var sender = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
        sender.Init(LatticeKey(publicKey));
        var (share, first) = (new byte[LatticeShareSize], new byte[SecretSize]);
        sender.Encapsulate(share, 0, share.Length, first, 0, first.Length);
        var own = RandomNumberGenerator.GetBytes(X25519.ScalarSize);
        byte[] encapsulation = [.. share, .. AgeRecipient.PublicOf(own)];
        var secret = Combine(first, Agree(own, publicKey[LatticeKeySize..]), encapsulation, publicKey);
        var (key, nonce) = Schedule(secret, info);
        return (encapsulation, key, nonce);
    }

    /// <exception cref="FormatException">The encapsulation is of no secret.</exception>
    public static (byte[] Key, byte[] Nonce) Decapsulate(byte[] seed, byte[] publicKey, byte[] encapsulation, ReadOnlySpan<byte> info)
    {
        var (lattice, curve) = Expand(seed);
        var receiver = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
        receiver.Init(lattice);
        var first = new byte[SecretSize];
        receiver.Decapsulate(encapsulation, 0, LatticeShareSize, first, 0, first.Length);
        return Schedule(Combine(first, Agree(curve, encapsulation[LatticeShareSize..]), encapsulation, publicKey), info);
    }

    private static MLKemPublicKeyParameters LatticeKey(byte[] key) =>
        MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, key[..LatticeKeySize]);

    private static (MLKemPrivateKeyParameters Lattice, byte[] Curve) Expand(byte[] seed)
    {
        var shake = new ShakeDigest(256);
        shake.BlockUpdate(seed, 0, seed.Length);
        var bytes = new byte[LatticeSeedSize + X25519.ScalarSize];
        _ = shake.OutputFinal(bytes, 0, bytes.Length);
        return (MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, bytes[..LatticeSeedSize]), bytes[LatticeSeedSize..]);
    }

    private static byte[] Agree(byte[] secret, byte[] point)
    {
        var shared = new byte[X25519.PointSize];
        return X25519.CalculateAgreement(secret, 0, point, 0, shared, 0)
            ? shared
            : throw new FormatException("A share is one of no secret.");
    }

    /// <summary>The combiner of X-Wing: both secrets, and the share and the key of the curve.</summary>
    private static byte[] Combine(byte[] first, byte[] second, byte[] encapsulation, byte[] publicKey)
    {
        var hash = new Sha3Digest(256);
        byte[] all = [.. first, .. second, .. encapsulation[LatticeShareSize..], .. publicKey[LatticeKeySize..], .. @"\.//^\"u8];
        hash.BlockUpdate(all, 0, all.Length);
        var secret = new byte[SecretSize];
        _ = hash.DoFinal(secret, 0);
        return secret;
    }

    private static (byte[] Key, byte[] Nonce) Schedule(byte[] secret, ReadOnlySpan<byte> info)
    {
        byte[] context = [0, .. Extract([], "psk_id_hash"u8, []), .. Extract([], "info_hash"u8, info)];
        var root = Extract(secret, "secret"u8, []);
        return (Derive(root, "key"u8, context, SecretSize), Derive(root, "base_nonce"u8, context, NonceSize));
    }

    private static byte[] Extract(byte[] salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> text) => HKDF.Extract(
        HashAlgorithmName.SHA256, [.. "HPKE-v1"u8, .. Suite, .. label, .. text], salt);

    private static byte[] Derive(byte[] root, ReadOnlySpan<byte> label, byte[] context, byte length) => HKDF.Expand(
        HashAlgorithmName.SHA256, root, length, [0, length, .. "HPKE-v1"u8, .. Suite, .. label, .. context]);
}
